package dev.caravan.engine.lora;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.gguf.GgufValue;
import dev.caravan.engine.format.gguf.GgufWriter;
import dev.caravan.engine.format.safetensors.SafetensorsType;
import dev.caravan.engine.lora.HostileFiles.Entry;
import dev.caravan.engine.model.TinyCheckpoint;
import dev.caravan.engine.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Goal: a damaged adapter, or one of another base, is refused in one sentence that names the file and what is wrong. */
@Timeout(60)
class HostileAdapterTest {
    private static final String K_B = "base_model.model.model.layers.1.self_attn.k_proj.lora_B.weight";
    private static final String WEIGHTS = "adapter_model.safetensors";

    @TempDir
    private Path folder;

    private GoldenAdapter golden;

    @BeforeEach
    void unpack() {
        golden = GoldenAdapter.unpack("llama3-all", folder);
    }

    private void assertRefused(Path path, String... parts) {
        assertRefused(golden, path, "", parts);
    }

    private static void assertRefused(GoldenAdapter of, Path path, String baseHash, String... parts) {
        of.withBase(
                "safetensors",
                base -> assertThatThrownBy(() -> LoraFiles.read(path, base, baseHash))
                        .isInstanceOf(ModelFormatException.class)
                        .hasMessageContainingAll(parts)
                        .hasMessageNotContaining("\n")
                        .message()
                        .hasSizeLessThan(400));
    }

    @Test
    void thereMustBeAnAdapter() throws IOException {
        assertRefused(folder.resolve("nowhere"), "no such file or folder");
        assertRefused(Files.createDirectory(folder.resolve("empty")), "no adapter_config.json");
        Files.delete(golden.folder().resolve(WEIGHTS));
        assertRefused(golden.folder(), "there is no adapter_model.safetensors");
        Files.write(golden.folder().resolve("adapter_model.bin"), new byte[10]);
        assertRefused(golden.folder(), "pickle", "safe_serialization");
    }

    @ParameterizedTest
    @CsvSource({"0", "7", "40", "2000", "-1", "-1000"})
    void aTruncatedFileIsRefused(int bytes) throws IOException {
        for (Path file : new Path[] {golden.folder().resolve(WEIGHTS), golden.gguf()}) {
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, bytes < 0 ? whole.length + bytes : bytes));
        }

        assertRefused(golden.folder(), WEIGHTS);
        assertRefused(golden.gguf(), "adapter.gguf");
    }

    @Test
    void aConfigurationThatIsNoJsonIsRefused() {
        HostileFiles.editConfig(golden.folder(), "{", "[");

        assertRefused(golden.folder(), "adapter_config.json", "JSON");
    }

    @Test
    void bothMatricesMustBeThere() {
        HostileFiles.keep(golden.folder(), entry -> !entry.name().equals(K_B));

        assertRefused(golden.folder(), WEIGHTS, K_B, "missing");
    }

    @Test
    void allTargetsMustBeThere() {
        HostileFiles.keep(golden.folder(), entry -> !entry.name().contains("layers.1.mlp.up_proj"));

        assertRefused(golden.folder(), "layers.1.mlp.up_proj.lora_A", "missing");
    }

    @ParameterizedTest
    @CsvSource({
        "base_model.model.model.layers.1.self_attn.k_proj.lora_magnitude_vector",
        "base_model.model.model.embed_tokens.lora_embedding_A",
        "base_model.model.lm_head.weight",
        "base_model.model.model.layers.1.self_attn.k_proj.bias",
        "x"
    })
    void aTensorOfAnotherKindIsRefused(String name) {
        HostileFiles.rename(golden.folder(), other -> other.equals(K_B) ? name : other);

        assertRefused(golden.folder(), name, "no lora_A or lora_B");
    }

    @Test
    void aTensorThatNothingTargetsIsRefused() {
        HostileFiles.rename(golden.folder(), other -> other.replace("layers.1.", "layers.9."));

        assertRefused(golden.folder(), "missing");
        HostileFiles.editConfig(golden.folder(), "model.layers.1.", "model.layers.0.");
        assertRefused(golden.folder(), "layers.9.", "belongs to no layer");
    }

    @Test
    void oneModuleUnderTwoNamesIsRefused() {
        HostileFiles.rename(
                golden.folder(),
                other -> other.equals(K_B) ? K_B.replace("k_proj.lora_B", "q_proj.lora_B.default") : other);

        assertRefused(golden.folder(), "cannot be in one adapter");
    }

    @ParameterizedTest
    @CsvSource({"F64", "I32", "BOOL", "F8_E4M3"})
    void numbersOfAnotherTypeAreRefused(SafetensorsType type) {
        HostileFiles.rewrite(golden.folder(), entry -> {
            if (!entry.name().equals(K_B)) {
                return entry;
            }
            long elements = entry.shape()[0] * entry.shape()[1];
            return new Entry(K_B, type, entry.shape(), new byte[(int) (elements * type.bits() / 8)]);
        });

        assertRefused(golden.folder(), "k_proj.lora_B.weight", type.name());
    }

    @ParameterizedTest
    @CsvSource({"NaN", "Infinity", "-Infinity"})
    void numbersThatAreNotFiniteAreRefused(float value) {
        HostileFiles.rewrite(golden.folder(), entry -> {
            if (entry.name().equals(K_B)) {
                ByteBuffer.wrap(entry.bytes()).order(ByteOrder.LITTLE_ENDIAN).putFloat(5 * Float.BYTES, value);
            }
            return entry;
        });

        assertRefused(golden.folder(), "k_proj.lora_B.weight", String.valueOf(value), "row 1, column 1");
    }

    @Test
    void aRankThatTheTensorsDoNotHaveIsRefused() {
        HostileFiles.editConfig(golden.folder(), "\"r\": 4", "\"r\": 5");

        assertRefused(golden.folder(), "q_proj.lora_A", "[5, ");
    }

    @Test
    void aShapeOfOtherDimensionsIsRefused() {
        HostileFiles.rewrite(golden.folder(), entry -> {
            long elements = entry.shape()[0] * entry.shape()[1];
            return entry.name().equals(K_B)
                    ? new Entry(K_B, entry.type(), new long[] {1, 1, elements}, entry.bytes())
                    : entry;
        });

        assertRefused(golden.folder(), "k_proj.lora_B.weight", "should be");
    }

    @Test
    void anotherBaseIsRefusedByShape() {
        GoldenAdapter other = GoldenAdapter.unpack("gemma3-all", folder);

        assertRefused(golden, other.folder(), "", "load the base that");
        assertRefused(golden, other.gguf(), "", "architecture gemma3", "llama");
    }

    @Test
    void anotherBaseIsRefusedByHash() {
        Path mine = folder.resolve("mine");
        Path gguf = folder.resolve("mine.gguf");
        golden.withBase("safetensors", base -> {
            LoraAdapter adapter = PeftFolder.read(golden.folder(), base).withBaseHash("12345678" + "0".repeat(56));
            LoraFiles.write(mine, adapter, base);
            LoraFiles.write(gguf, adapter, base);
        });

        assertRefused(golden, mine, "f".repeat(64), WEIGHTS, "123456780000…", "ffffffffffff…");
        assertRefused(golden, gguf, "f".repeat(64), "mine.gguf", "123456780000…", "ffffffffffff…");
    }

    @Test
    void aGgufThatIsNoAdapterIsRefused() {
        assertRefused(golden.base().gguf(), "model.gguf", "no LoRA adapter");
    }

    @ParameterizedTest
    @CsvSource({"blk.0.attn_q.weight.lora_a", "token_embd.weight.lora_a", "blk.7.attn_q.weight.lora_a", "x"})
    void aGgufWithOtherTensorsIsRefused(String name) {
        Path file = folder.resolve("hostile.gguf");
        hostile(name, 64, GgufValue.float32(4)).writeFile(file);

        assertRefused(file, "hostile.gguf", name.startsWith("blk.0") ? "lora_b is missing" : name);
    }

    @Test
    void aGgufWithSenselessValuesIsRefused() {
        Path file = folder.resolve("hostile.gguf");
        hostile("blk.0.attn_q.weight.lora_a", 64, GgufValue.float32(Float.NaN)).writeFile(file);
        assertRefused(file, "adapter.lora.alpha", "NaN");
        hostile("blk.0.attn_q.weight.lora_a", 64, GgufValue.string("x")).writeFile(file);
        assertRefused(file, "adapter.lora.alpha");
        hostile("blk.0.attn_q.weight.lora_a", 64, GgufValue.float32(1))
                .put("adapter.alora.invocation_tokens", GgufValue.integers(1, 2))
                .writeFile(file);
        assertRefused(file, "adapter.alora.invocation_tokens");
    }

    private static GgufWriter hostile(String tensor, int columns, GgufValue alpha) {
        return new GgufWriter()
                .put("general.architecture", GgufValue.string("llama"))
                .put("general.type", GgufValue.string("adapter"))
                .put("adapter.type", GgufValue.string("lora"))
                .put("adapter.lora.alpha", alpha)
                .add(tensor, DType.F32, new long[] {1, columns}, AdapterTensors.f32(new float[columns]));
    }

    @Test
    void somethingElseIsNotOverwritten() {
        TinyCheckpoint model = golden.base();
        golden.withBase("safetensors", base -> {
            LoraAdapter adapter = PeftFolder.read(golden.folder(), base);
            assertThatThrownBy(() -> PeftFolder.write(model.folder(), adapter, base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no adapter");
        });
    }
}

package dev.caravan.engine.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.caravan.engine.format.gguf.GgufFile;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: PEFT's folders and llama.cpp's files hold the same adapter here and there. Method: adapters that PEFT saved and
 * llama.cpp converted ({@code golden/lora/make.py}); that ours load in PEFT is shown by hand, see its README.
 */
@Timeout(60)
class PeftFolderTest {

    @TempDir
    private Path folder;

    static Stream<Arguments> casesAndFormats() {
        return GoldenAdapter.NAMES.stream()
                .flatMap(name -> Stream.of("safetensors", "gguf").map(format -> Arguments.of(name, format)));
    }

    private static void assertSame(LoraAdapter actual, LoraAdapter expected) {
        assertThat(actual.modules())
                .extracting(LoraModule::name)
                .containsExactlyElementsOf(
                        expected.modules().stream().map(LoraModule::name).toList());
        for (LoraModule module : expected.modules()) {
            LoraModule other = actual.module(module.name()).orElseThrow();
            assertThat(other.scaling()).as(module.name()).isEqualTo(module.scaling());
            assertThat(other.a()).as(module.name()).containsExactly(module.a());
            assertThat(other.b()).as(module.name()).containsExactly(module.b());
        }
        assertThat(actual.hash()).isEqualTo(expected.hash());
    }

    @ParameterizedTest
    @MethodSource("casesAndFormats")
    void whatIsWrittenHoldsTheTensorsThatPeftWrote(String name, String format) {
        GoldenAdapter golden = GoldenAdapter.unpack(name, folder);
        Path mine = folder.resolve("mine");
        golden.withBase(format, base -> {
            LoraAdapter adapter = PeftFolder.read(golden.folder(), base);

            PeftFolder.write(mine, adapter, base);

            assertSame(PeftFolder.read(mine, base), adapter);
        });
        try (SafetensorsFile written = SafetensorsFile.open(mine.resolve("adapter_model.safetensors"));
                SafetensorsFile original = SafetensorsFile.open(golden.folder().resolve("adapter_model.safetensors"))) {
            assertThat(written.tensorNames()).containsExactlyInAnyOrderElementsOf(original.tensorNames());
            assertThat(written.metadata()).containsExactly(entry("format", "pt"));
            for (String tensor : original.tensorNames()) {
                assertThat(written.tensor(tensor).dtype()).isEqualTo(DType.F32);
                assertThat(written.tensor(tensor).shape())
                        .isEqualTo(original.tensor(tensor).shape());
                assertThat(values(written.tensor(tensor))).containsExactly(values(original.tensor(tensor)));
            }
        }
        LoraConfig config = LoraConfigJson.read(JsonObject.read(mine.resolve("adapter_config.json")));
        assertThat(config)
                .isEqualTo(LoraConfigJson.read(JsonObject.read(golden.folder().resolve("adapter_config.json"))));
    }

    private static float[] values(Tensor tensor) {
        float[] values = new float[(int) tensor.elements()];
        BlockFormat.of(tensor.dtype()).dequantize(tensor.data(), 0, values, 0, values.length);
        return values;
    }

    /** llama.cpp's converter takes alpha / r for all modules: no rslora, no alpha_pattern. */
    @ParameterizedTest
    @MethodSource("casesAndFormats")
    void llamaCppsFileGivesTheSameMatrices(String name, String format) {
        GoldenAdapter golden = GoldenAdapter.unpack(name, folder);
        golden.withBase(format, base -> {
            LoraAdapter expected = PeftFolder.read(golden.folder(), base);
            LoraAdapter actual = GgufAdapter.read(golden.gguf(), base, "");

            assertThat(actual.modules()).hasSameSizeAs(expected.modules());
            for (LoraModule module : expected.modules()) {
                LoraModule other = actual.module(module.name()).orElseThrow();
                assertThat(other.a()).as(module.name()).containsExactly(module.a());
                assertThat(other.b()).as(module.name()).containsExactly(module.b());
                boolean isPlain = !expected.config().useRslora()
                        && expected.config().alphaPattern().isEmpty();
                if (isPlain) {
                    assertThat(other.scaling()).as(module.name()).isEqualTo(module.scaling());
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("casesAndFormats")
    void ourGgufIsLlamaCppsAndKeepsEveryScaling(String name, String format) {
        GoldenAdapter golden = GoldenAdapter.unpack(name, folder);
        Path mine = folder.resolve("mine.gguf");
        golden.withBase(format, base -> {
            LoraAdapter adapter = PeftFolder.read(golden.folder(), base);

            GgufAdapter.write(mine, adapter, base);

            LoraAdapter back = GgufAdapter.read(mine, base, "");
            for (LoraModule module : adapter.modules()) {
                LoraModule other = back.module(module.name()).orElseThrow();
                assertThat(other.a()).containsExactly(module.a());
                for (int i = 0; i < module.b().length; i++) {
                    float expected = module.scaling() * module.b()[i];
                    assertThat(other.scaling() * other.b()[i])
                            .isBetween(expected - Math.abs(expected) * 1e-6f, expected + Math.abs(expected) * 1e-6f);
                }
                if (adapter.modules().stream()
                                .map(LoraModule::scaling)
                                .distinct()
                                .count()
                        == 1) {
                    assertThat(other.b()).containsExactly(module.b());
                }
            }
        });
        List<String> keys = List.of("general.architecture", "general.type", "adapter.type");
        try (GgufFile written = GgufFile.open(mine);
                GgufFile original = GgufFile.open(golden.gguf())) {
            assertThat(written.tensorNames()).containsExactlyInAnyOrderElementsOf(original.tensorNames());
            for (String key : keys) {
                assertThat(written.metadata().string(key))
                        .isEqualTo(original.metadata().string(key));
            }
            for (String tensor : original.tensorNames()) {
                assertThat(written.tensor(tensor).shape())
                        .isEqualTo(original.tensor(tensor).shape());
            }
        }
    }

    @Test
    void theBasesHashStaysWithTheAdapterInBothFormats() {
        GoldenAdapter golden = GoldenAdapter.unpack("llama3-all", folder);
        golden.withBase("safetensors", base -> {
            LoraAdapter adapter = PeftFolder.read(golden.folder(), base).withBaseHash("ab".repeat(32));
            for (String name : List.of("mine", "mine.gguf")) {
                Path path = folder.resolve(name);
                LoraFiles.write(path, adapter, base);

                assertThat(LoraFiles.read(path, base, "ab".repeat(32)).baseHash())
                        .isEqualTo("ab".repeat(32));
                assertThat(LoraFiles.read(path, base, "").baseHash()).isEqualTo("ab".repeat(32));
            }
        });
    }

    @ParameterizedTest
    @FieldSource("dev.caravan.engine.lora.GoldenAdapter#NAMES")
    void aFolderIsReplacedWholeAndLeavesNothingBeside(String name) throws Exception {
        GoldenAdapter golden = GoldenAdapter.unpack(name, folder);
        Path parent = Files.createDirectory(folder.resolve("out"));
        golden.withBase("safetensors", base -> {
            LoraAdapter adapter = PeftFolder.read(golden.folder(), base);
            PeftFolder.write(parent.resolve("a"), adapter, base);
            adapter.modules().getFirst().a()[0] += 1;

            PeftFolder.write(parent.resolve("a"), adapter, base);

            assertSame(PeftFolder.read(parent.resolve("a"), base), adapter);
        });
        try (Stream<Path> files = Files.list(parent)) {
            assertThat(files).containsExactly(parent.resolve("a"));
        }
    }

    /** Names as in adapters of image models, and without PEFT's wrapper. */
    @ParameterizedTest
    @MethodSource("prefixes")
    void adaptersOfWrappedModelsAreRead(String prefix, String module) {
        GoldenAdapter golden = GoldenAdapter.unpack("gemma3-all", folder);
        golden.withBase("safetensors", base -> {
            LoraAdapter adapter = PeftFolder.read(golden.folder(), base);
            Path other = folder.resolve("other");
            PeftFolder.write(other, adapter, base);
            HostileFiles.rename(other, name -> prefix + name.substring("base_model.model.model.".length()));
            HostileFiles.editConfig(other, "\"target_modules\": [", "\"was\": [");
            HostileFiles.editConfig(other, "\"r\":", "\"target_modules\": \"" + module + "\", \"r\":");

            assertSame(PeftFolder.read(other, base), adapter);
            Path again = folder.resolve("again");
            PeftFolder.write(again, PeftFolder.read(other, base), base);
            assertSame(PeftFolder.read(again, base), adapter);
        });
    }

    static Stream<Arguments> prefixes() {
        return Stream.of(
                Arguments.of("base_model.model.model.language_model.", "model.language_model.layers.*proj"),
                Arguments.of("base_model.model.language_model.model.", "language_model.model.layers.*proj"),
                Arguments.of("base_model.model.", "layers.*proj"),
                Arguments.of("model.", "model.layers.*proj"));
    }
}

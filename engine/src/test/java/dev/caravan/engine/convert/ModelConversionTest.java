package dev.caravan.engine.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.TinyCheckpoint;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: a converted model is the same model. Method: tiny random models of every family against what llama.cpp's own
 * converter made of them, byte by byte, and back to the bytes that transformers saved.
 */
@Timeout(120)
class ModelConversionTest {

    @TempDir
    private Path folder;

    private TinyCheckpoint tiny(String name) {
        return TinyCheckpoint.unpack(name, folder);
    }

    private Path convert(Path source, String target, ConversionOptions options) {
        Path path = folder.resolve(target);
        try (ModelConversion conversion = ModelConversion.open(source, path, options)) {
            conversion.run((done, total) -> assertThat(done).isBetween(0L, total));
        }
        return path;
    }

    private static void assertSameBytes(Path actual, Path expected) {
        try (Checkpoint mine = Checkpoints.open(actual);
                Checkpoint reference = Checkpoints.open(expected)) {
            assertThat(mine.tensorNames()).containsExactlyInAnyOrderElementsOf(reference.tensorNames());
            for (String name : reference.tensorNames()) {
                assertSameBytes(mine.tensor(name), reference.tensor(name));
            }
        }
    }

    private static void assertSameBytes(Tensor actual, Tensor expected) {
        assertThat(actual.dtype()).as(expected.name()).isEqualTo(expected.dtype());
        assertThat(actual.shape()).as(expected.name()).isEqualTo(expected.shape());
        assertThat(actual.data().mismatch(expected.data())).as(expected.name()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama2", "llama3", "midm", "gemma3", "qwen2", "qwen3"})
    void aGgufHasTheBytesOfLlamaCppsConverter(String name) {
        TinyCheckpoint model = tiny(name);

        assertSameBytes(convert(model.folder(), "mine.gguf", ConversionOptions.of(TargetType.F16)), model.gguf());
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama2", "llama3", "midm", "gemma3", "qwen2", "qwen3"})
    void thereAndBackGivesTheOriginalsBytes(String name) {
        TinyCheckpoint model = tiny(name);
        Path gguf = convert(model.folder(), "there.gguf", ConversionOptions.of(TargetType.F32));

        // Llama 2's is saved in F16, the others in BF16.
        TargetType saved = name.equals("llama2") ? TargetType.F16 : TargetType.BF16;
        assertSameBytes(convert(gguf, "back", ConversionOptions.of(saved)), model.folder());
    }

    @ParameterizedTest
    @CsvSource({"llama3", "midm", "qwen2", "qwen3", "llama2"})
    void aModelSaysTheSameInEveryFormat(String name) {
        TinyCheckpoint model = tiny(name);
        String expected = greedy(model.folder(), QuantizationConfig.NONE);
        Path gguf = convert(model.folder(), "f32.gguf", ConversionOptions.of(TargetType.F32));

        assertThat(greedy(gguf, QuantizationConfig.NONE)).isEqualTo(expected);
        // Its tokenizer, end tokens and rotary factors come back too.
        if (!name.equals("llama2")) {
            Path back = convert(gguf, "back", ConversionOptions.of(TargetType.F32));
            assertThat(greedy(back, QuantizationConfig.NONE)).isEqualTo(expected);
        }
    }

    @Test
    void sentencePiecesMergesComeBackFromScores() {
        Path back = convert(Golden.path("tiny-models/gemma3.gguf"), "gemma", ConversionOptions.of(TargetType.F32));

        assertThat(greedy(back, QuantizationConfig.NONE))
                .isEqualTo(greedy(Golden.path("tiny-models/gemma3.gguf"), QuantizationConfig.NONE));
        assertThat(back.resolve("chat_template.jinja")).exists();
        Path again = convert(back, "again.gguf", ConversionOptions.of(TargetType.F16));
        assertThat(greedy(again, QuantizationConfig.NONE)).isEqualTo(greedy(back, QuantizationConfig.NONE));
    }

    private static String greedy(Path path, QuantizationConfig quantization) {
        LoadOptions options = new LoadOptions(1, 128, 100_000_000).withQuantization(quantization);
        try (LanguageModel model = LanguageModels.load(path, options)) {
            GenerationRequest request = new GenerationRequest(
                    model.encodeText("안녕 hello 123 <b>"), SamplingParameters.GREEDY, 24, List.of(), () -> false);
            return model.generate(request, text -> {}).text();
        }
    }

    @Test
    void fourBitsOnDiskAreTheFourBitsOfLoading() throws Exception {
        Path source = withRowsOf64();
        Path saved = convert(source, "nf4", ConversionOptions.of(TargetType.NF4).withDoubleQuantization());

        assertThat(greedy(saved, QuantizationConfig.NONE)).isEqualTo(greedy(source, QuantizationConfig.NF4));
        JsonObject quantization = JsonObject.read(saved.resolve("config.json"))
                .object("quantization_config")
                .orElseThrow();
        assertThat(quantization.flag("load_in_4bit", false)).isTrue();
        assertThat(quantization.string("bnb_4bit_quant_type")).isEqualTo("nf4");
        assertThat(quantization.flag("bnb_4bit_use_double_quant", false)).isTrue();
        try (Checkpoint written = Checkpoints.open(saved)) {
            assertThat(written.tensor("model.layers.0.mlp.up_proj.weight").dtype())
                    .isEqualTo(DType.NF4);
            assertThat(written.tensor("model.embed_tokens.weight").dtype()).isEqualTo(DType.F16);
        }
        Path int8 = convert(source, "int8", ConversionOptions.of(TargetType.INT8));
        assertThat(greedy(int8, QuantizationConfig.NONE)).isEqualTo(greedy(source, QuantizationConfig.INT8));
    }

    /** The tiny Llama whose rows fill bitsandbytes' blocks. */
    private Path withRowsOf64() {
        return convert(Golden.path("tiny-models/llama.gguf"), "rows64", ConversionOptions.of(TargetType.F16));
    }

    @Test
    void rowsThatFillNoBlockStayPlainAndTheConfigurationSaysSo() {
        TinyCheckpoint model = tiny("midm");
        Path saved = convert(model.folder(), "nf4", ConversionOptions.of(TargetType.NF4));

        JsonObject quantization = JsonObject.read(saved.resolve("config.json"))
                .object("quantization_config")
                .orElseThrow();
        assertThat(quantization.list("llm_int8_skip_modules").orElseThrow())
                .contains("lm_head", "model.layers.1.mlp.down_proj")
                .doesNotContain("model.layers.0.self_attn.o_proj");
        assertThat(greedy(saved, QuantizationConfig.NONE)).isNotNull();
    }

    @Test
    void shardsAndTheTokenizersFilesAreWritten() throws Exception {
        TinyCheckpoint model = tiny("qwen2");
        Path saved = convert(
                model.folder(), "shards", ConversionOptions.of(TargetType.BF16).withMaxShardBytes(20_000));

        assertThat(saved.resolve("model.safetensors.index.json")).exists();
        assertSameBytes(saved, model.folder());
        assertThat(Files.readAllBytes(saved.resolve("tokenizer.json")))
                .isEqualTo(Files.readAllBytes(model.folder().resolve("tokenizer.json")));
        assertThat(saved.resolve("model.gguf")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({
        "Q4_K, 512, Q4_K", "Q4_K, 640, Q5_0", "Q5_K, 640, Q5_1", "Q6_K, 640, Q8_0", "Q8_0, 640, Q8_0",
        "Q4_0, 640, Q4_0", "Q4_K, 24, F16", "Q5_0, 24, F16", "BF16, 24, BF16", "F32, 24, F32"
    })
    void rowsThatFillNoBlockOfATypeTakeTheNext(TargetType wanted, int columns, DType expected) {
        Tensor matrix = tensor(2, columns);

        assertThat(GgufTypes.of(matrix, wanted, false)).isEqualTo(expected);
        assertThat(GgufTypes.of(tensor(1, columns), wanted, false)).isNotNull();
    }

    @Test
    void theOutputMatrixIsKeptFinerAndVectorsStayFloats() {
        assertThat(GgufTypes.of(tensor(4, 256), TargetType.Q4_K, true)).isEqualTo(DType.Q6_K);
        assertThat(GgufTypes.of(tensor(4, 640), TargetType.Q4_K, true)).isEqualTo(DType.Q8_0);
        assertThat(GgufTypes.of(tensor(4, 256), TargetType.Q8_0, true)).isEqualTo(DType.Q8_0);
        Tensor vector = new Tensor("v", DType.BF16, new long[] {4}, MemorySegment.ofArray(new byte[8]));
        assertThat(GgufTypes.of(vector, TargetType.Q4_K, false)).isEqualTo(DType.F32);
    }

    private static Tensor tensor(int rows, int columns) {
        return new Tensor(
                "m", DType.F16, new long[] {rows, columns}, MemorySegment.ofArray(new byte[rows * columns * 2]));
    }

    @Test
    void quantisedRowsArePermutedAsBytesAndUnpackedAsTheirValues() {
        Path source = withRowsOf64();
        Path packed = convert(source, "q8_0.gguf", ConversionOptions.of(TargetType.Q8_0));
        Path back = convert(packed, "q8_0-back", ConversionOptions.of(TargetType.F32));
        try (Checkpoint original = Checkpoints.open(source);
                Checkpoint restored = Checkpoints.open(back)) {
            for (String name :
                    List.of("model.layers.1.self_attn.q_proj.weight", "model.layers.1.self_attn.k_proj.weight")) {
                float[] expected = values(original.tensor(name));
                float[] actual = values(restored.tensor(name));
                for (int i = 0; i < expected.length; i++) {
                    // A Q8_0 step is a 127th of the block's greatest magnitude, here below 1.
                    assertThat(actual[i]).isCloseTo(expected[i], org.assertj.core.data.Offset.offset(0.01f));
                }
            }
        }
    }

    private static float[] values(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        BlockFormat.of(tensor.dtype()).dequantize(tensor.data(), 0, values, 0, values.length);
        return values;
    }

    @Test
    void rotaryFactorsThatFollowFromNoFormulaAreRefused() throws Exception {
        Path copy = Files.copy(Golden.path("tiny-models/llama.gguf"), folder.resolve("odd.gguf"));
        try (Checkpoint checkpoint = Checkpoints.open(copy)) {
            MemorySegment factors = checkpoint.tensor("rope_freqs.weight").data();
            byte[] bytes = Files.readAllBytes(copy);
            byte[] wanted = factors.toArray(ValueLayout.JAVA_BYTE);
            int at = indexOf(bytes, wanted);
            java.nio.ByteBuffer.wrap(bytes)
                    .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                    .putFloat(at + 20, 3.3f);
            Files.write(folder.resolve("odd2.gguf"), bytes);
        }

        assertThatThrownBy(() -> ModelConversion.open(
                        folder.resolve("odd2.gguf"), folder.resolve("out"), ConversionOptions.of(TargetType.BF16)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("rope_freqs.weight");
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = bytes.length - wanted.length; i >= 0; i--) {
            if (java.util.Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new IllegalArgumentException("not found");
    }

    @Test
    void whatMakesNoSenseIsRefusedInASentence() throws Exception {
        TinyCheckpoint model = tiny("qwen2");
        Path gguf = convert(model.folder(), "a.gguf", ConversionOptions.of(TargetType.Q8_0));

        assertRefused(model.folder(), "a.gguf", TargetType.Q8_0, "is there already");
        assertRefused(gguf, "b.gguf", TargetType.NF4, "a type of bitsandbytes");
        assertRefused(gguf, "b", TargetType.Q4_K, "a type of GGUF");
        assertRefused(model.folder(), "missing/b.gguf", TargetType.F16, "does not exist");
        Path small = convert(Golden.path("tiny-models/llama.gguf"), "q4.gguf", ConversionOptions.of(TargetType.Q4_0));
        assertRefused(small, "bigger.gguf", TargetType.Q8_0, "would only lose precision");
        Files.writeString(Files.createDirectory(folder.resolve("notes")).resolve("diary.txt"), "dear");
        assertThatThrownBy(() -> ModelConversion.open(
                        gguf,
                        folder.resolve("notes"),
                        ConversionOptions.of(TargetType.BF16).withReplace()))
                .hasMessageContaining("holds no model");
        assertThat(folder.resolve("notes/diary.txt")).exists();
        assertThatThrownBy(() -> TargetType.named("q3"))
                .hasMessageContaining("q4_k")
                .hasMessageContaining("nf4");
        TinyCheckpoint encoder = tiny("embedding-gemma");
        assertThatThrownBy(() -> ModelConversion.open(
                        encoder.folder(), folder.resolve("e.gguf"), ConversionOptions.of(TargetType.F16)))
                .isInstanceOf(ModelFormatException.class);
    }

    private void assertRefused(Path source, String target, TargetType type, String reason) {
        assertThatThrownBy(() -> ModelConversion.open(source, folder.resolve(target), ConversionOptions.of(type)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void aTargetIsReplacedOnDemandAndWhatAKilledConversionLeftIsRemoved() throws Exception {
        TinyCheckpoint model = tiny("qwen2");
        // No process has this number: Linux's are smaller.
        Path dead = Files.createDirectory(folder.resolve(".out.999999999-0.part"));
        Files.writeString(dead.resolve("model.safetensors"), "half");
        Path alive = Files.createDirectory(
                folder.resolve(".out." + ProcessHandle.current().pid() + "-7.part"));
        ConversionOptions options = ConversionOptions.of(TargetType.BF16);
        convert(model.folder(), "out", options);
        convert(model.folder(), "out", options.withReplace());

        assertSameBytes(folder.resolve("out"), model.folder());
        assertThat(dead).doesNotExist();
        assertThat(alive).exists();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "qwen2", "out", alive.getFileName().toString());
        }
    }

    @Test
    void aConversionThatFailsLeavesNothing() throws Exception {
        TinyCheckpoint model = tiny("qwen2");
        try (ModelConversion conversion =
                ModelConversion.open(model.folder(), folder.resolve("fails"), ConversionOptions.of(TargetType.F16))) {
            assertThatThrownBy(() -> conversion.run((done, total) -> {
                        throw new IllegalStateException("the listener fails");
                    }))
                    .hasMessageContaining("the listener fails");
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("qwen2");
        }
    }
}

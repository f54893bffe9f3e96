package dev.caravan.engine.format.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A right file is read; each wrong one is refused with a sentence, never with another exception or much memory. */
class GgufFileTest {

    @TempDir
    Path folder;

    /** Every kind of value, one tensor of 2 rows of 4 floats and one of 1 row of 32 Q8_0 values. */
    private static GgufBytes valid() {
        GgufBytes file = GgufBytes.header(2, 9)
                .stringPair("general.architecture", "llama")
                .u32Pair("general.alignment", 32)
                .u32Pair("llama.block_count", 7)
                .f32Pair("llama.rope.freq_base", 10000f)
                .boolPair("tokenizer.ggml.add_bos_token", true)
                .stringsPair("tokenizer.ggml.tokens", "a", "한", "")
                .floatsPair("tokenizer.ggml.scores", 0.5f, -1f)
                .intsPair("tokenizer.ggml.token_type", 1, -3)
                .text("big")
                .u32(10)
                .u64(1L << 40)
                .tensor("token_embd.weight", 0, 0, 4, 2)
                .tensor("output_norm.weight", 8, 32, 32)
                .padTo(32);
        for (int i = 0; i < 8; i++) {
            file.f32(i);
        }
        return file.raw(new byte[34]);
    }

    private GgufFile open(GgufBytes bytes) {
        return GgufFile.open(bytes.write(folder.resolve("model.gguf")));
    }

    @Test
    void readsMetadataAndTensors() {
        try (GgufFile file = open(valid())) {
            GgufMetadata metadata = file.metadata();
            assertThat(metadata.keys()).hasSize(9).startsWith("general.architecture");
            assertThat(metadata.string("general.architecture")).isEqualTo("llama");
            assertThat(metadata.string("none", "x")).isEqualTo("x");
            assertThat(metadata.integer("llama.block_count")).isEqualTo(7);
            assertThat(metadata.integer("none", 3)).isEqualTo(3);
            assertThat(metadata.floatValue("llama.rope.freq_base")).isEqualTo(10000f);
            assertThat(metadata.floatValue("none", 2f)).isEqualTo(2f);
            assertThat(metadata.flag("tokenizer.ggml.add_bos_token", false)).isTrue();
            assertThat(metadata.flag("none", true)).isTrue();
            assertThat(metadata.strings("tokenizer.ggml.tokens")).containsExactly("a", "한", "");
            assertThat(metadata.strings("none", List.of("b"))).containsExactly("b");
            assertThat(metadata.floats("tokenizer.ggml.scores")).containsExactly(0.5f, -1f);
            assertThat(metadata.floats("none", new float[] {1})).containsExactly(1);
            assertThat(metadata.integers("tokenizer.ggml.token_type")).containsExactly(1, -3);
            assertThat(metadata.integers("none", new int[] {1})).containsExactly(1);
            assertThat(metadata.isArray("tokenizer.ggml.tokens")).isTrue();
            assertThat(metadata.isArray("big")).isFalse();

            assertThat(file.tensorNames()).containsExactly("token_embd.weight", "output_norm.weight");
            Tensor embedding = file.tensor("token_embd.weight");
            assertThat(embedding.dtype()).isEqualTo(DType.F32);
            assertThat(embedding.shape()).containsExactly(2, 4);
            assertThat(embedding.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 28))
                    .isEqualTo(7f);
            assertThat(file.findTensor("output_norm.weight")).isPresent();
            assertThat(file.findTensor("other")).isEmpty();
            assertThat(file.byteSize()).isEqualTo(valid().bytes().length);
        }
    }

    @Test
    void readsAVocabularyWithoutTensors() {
        try (GgufFile file = open(GgufBytes.header(0, 1).stringPair("tokenizer.ggml.model", "gpt2"))) {
            assertThat(file.tensorNames()).isEmpty();
            assertThat(file.metadata().string("tokenizer.ggml.model")).isEqualTo("gpt2");
        }
    }

    @Test
    void namesWhatIsMissingOrOfAnotherKind() {
        try (GgufFile file = open(valid())) {
            GgufMetadata metadata = file.metadata();
            assertRefused(() -> metadata.string("absent"), "absent");
            assertRefused(() -> metadata.string("llama.block_count"), "a string");
            assertRefused(() -> metadata.integer("general.architecture"), "an integer");
            assertRefused(() -> metadata.integer("big"), "out of range");
            assertRefused(() -> metadata.floatValue("llama.block_count"), "a floating-point number");
            assertRefused(() -> metadata.flag("llama.block_count", true), "true or false");
            assertRefused(() -> metadata.strings("general.architecture"), "an array");
            assertRefused(() -> metadata.strings("tokenizer.ggml.scores"), "strings");
            assertRefused(() -> metadata.floats("tokenizer.ggml.tokens"), "floating-point");
            assertRefused(() -> metadata.integers("tokenizer.ggml.tokens"), "integers");
            assertRefused(() -> file.tensor("absent.weight"), "absent.weight");
        }
    }

    private static void assertRefused(ThrowingCallable call, String part) {
        assertThatThrownBy(call)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(part)
                .hasMessageStartingWith("model.gguf: ");
    }

    static Stream<Arguments> wrongFiles() {
        return Stream.of(
                Arguments.of("is empty", new GgufBytes(), "only 0 bytes"),
                Arguments.of("is too short", new GgufBytes().raw(new byte[20]), "only 20 bytes"),
                Arguments.of("has another magic", new GgufBytes().raw(new byte[64]), "not a GGUF file"),
                Arguments.of(
                        "has version 1",
                        new GgufBytes().u32(0x46554747).u32(1).u64(0).u64(0),
                        "version 1"),
                Arguments.of(
                        "has version 99",
                        new GgufBytes().u32(0x46554747).u32(99).u64(0).u64(0),
                        "version 99"),
                Arguments.of(
                        "is big-endian",
                        new GgufBytes().u32(0x46554747).u32(0x03000000).u64(0).u64(0),
                        "big-endian"),
                Arguments.of("has too many tensors", GgufBytes.header(1L << 40, 0), "number of tensors"),
                Arguments.of("has a negative number of tensors", GgufBytes.header(-1, 0), "number of tensors"),
                Arguments.of("has too many pairs", GgufBytes.header(0, Long.MAX_VALUE), "number of metadata keys"),
                Arguments.of("ends before its pairs", GgufBytes.header(0, 5), "the file ends"),
                Arguments.of("ends before its tensors", GgufBytes.header(5, 0), "the file ends"),
                Arguments.of("has a key of 2^63 bytes", GgufBytes.header(0, 1).u64(Long.MIN_VALUE), "length"),
                Arguments.of("has a key beyond its end", GgufBytes.header(0, 1).u64(900), "the file ends"),
                Arguments.of(
                        "has an empty key",
                        GgufBytes.header(0, 1).text("").u32(4).u32(1),
                        "empty"),
                Arguments.of(
                        "has a key that is not UTF-8",
                        GgufBytes.header(0, 1).u64(1).raw((byte) 0xFF).u32(4).u32(1),
                        "not UTF-8"),
                Arguments.of(
                        "has a key twice",
                        GgufBytes.header(0, 2).u32Pair("a", 1).u32Pair("a", 1),
                        "twice"),
                Arguments.of(
                        "has an unknown value type",
                        GgufBytes.header(0, 1).text("a").u32(13),
                        "type 13"),
                Arguments.of(
                        "has a string of 2^62 bytes",
                        GgufBytes.header(0, 1).text("a").u32(8).u64(1L << 62),
                        "length of a"),
                Arguments.of(
                        "has an array of 2^60 strings",
                        GgufBytes.header(0, 1).text("a").u32(9).u32(8).u64(1L << 60),
                        "number of elements"),
                Arguments.of(
                        "has an array longer than itself",
                        GgufBytes.header(0, 1).text("a").u32(9).u32(10).u64(4_000_000),
                        "more than the file"),
                Arguments.of(
                        "has an array in an array",
                        GgufBytes.header(0, 1)
                                .text("a")
                                .u32(9)
                                .u32(9)
                                .u64(1)
                                .u32(4)
                                .u64(0),
                        "arrays inside an array"),
                Arguments.of(
                        "has an array of unknown type",
                        GgufBytes.header(0, 1).text("a").u32(9).u32(77).u64(1),
                        "77"),
                Arguments.of("has alignment 0", GgufBytes.header(0, 1).u32Pair("general.alignment", 0), "power of two"),
                Arguments.of(
                        "has alignment 48", GgufBytes.header(0, 1).u32Pair("general.alignment", 48), "power of two"),
                Arguments.of(
                        "has alignment 2^30",
                        GgufBytes.header(0, 1).u32Pair("general.alignment", 1 << 30),
                        "power of two"),
                Arguments.of(
                        "has a tensor without dimensions",
                        GgufBytes.header(1, 0).tensor("t", 0, 0),
                        "dimensions"),
                Arguments.of(
                        "has a tensor of 5 dimensions",
                        GgufBytes.header(1, 0).tensor("t", 0, 0, 1, 1, 1, 1, 1),
                        "5 dimensions"),
                Arguments.of(
                        "has a tensor of no values", GgufBytes.header(1, 0).tensor("t", 0, 0, 4, 0), "has no values"),
                Arguments.of("has an extent of 2^40", GgufBytes.header(1, 0).tensor("t", 0, 0, 1L << 40), "extent"),
                Arguments.of(
                        "has a product beyond 2^64",
                        GgufBytes.header(1, 0).tensor("t", 0, 0, 1 << 30, 1 << 30, 1 << 30, 1 << 30),
                        "beyond the end"),
                Arguments.of("has a half block", GgufBytes.header(1, 0).tensor("t", 8, 0, 48, 2), "do not fill blocks"),
                Arguments.of(
                        "has an unsupported type",
                        GgufBytes.header(1, 0).tensor("blk.0.ffn_up.weight", 20, 0, 32),
                        "blk.0.ffn_up.weight has the type IQ4_NL"),
                Arguments.of("has an unknown type", GgufBytes.header(1, 0).tensor("t", 4000, 0, 32), "number 4000"),
                Arguments.of(
                        "has a tensor off its alignment",
                        GgufBytes.header(1, 0).tensor("t", 0, 8, 1).padTo(32).raw(new byte[64]),
                        "not a multiple of 32"),
                Arguments.of(
                        "has a tensor beyond its end",
                        GgufBytes.header(1, 0).tensor("t", 0, 0, 64).padTo(32).raw(new byte[255]),
                        "beyond the end"),
                Arguments.of(
                        "has an offset near 2^63",
                        GgufBytes.header(1, 0).tensor("t", 0, Long.MAX_VALUE - 31, 8),
                        "beyond the end"),
                Arguments.of("has a negative offset", GgufBytes.header(1, 0).tensor("t", 0, -32, 8), "offset"),
                Arguments.of(
                        "has a tensor twice",
                        GgufBytes.header(2, 0)
                                .tensor("t", 0, 0, 8)
                                .tensor("t", 0, 32, 8)
                                .padTo(32)
                                .raw(new byte[64]),
                        "twice"),
                Arguments.of(
                        "has tensors over each other",
                        GgufBytes.header(2, 0)
                                .tensor("a", 0, 0, 16)
                                .tensor("b", 0, 32, 8)
                                .padTo(32)
                                .raw(new byte[64]),
                        "overlap"),
                Arguments.of(
                        "has a tensor's name too long", GgufBytes.header(1, 0).tensor("n".repeat(65), 0, 0, 8), "name"),
                Arguments.of(
                        "has a control character in a tensor's name",
                        GgufBytes.header(1, 0).tensor("a\u001b[31m", 99, 0, 8),
                        "a\\u001b[31m has the type"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongFiles")
    @Timeout(10)
    void refusesAFileThat(String what, GgufBytes bytes, String part) {
        assertRefused(() -> open(bytes).close(), part);
    }

    @Test
    void refusesWhatIsNotAFile() {
        assertThatThrownBy(() -> GgufFile.open(folder.resolve("absent.gguf")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("absent.gguf: there is no such file; give the path of a .gguf model");
        assertThatThrownBy(() -> GgufFile.open(folder)).isInstanceOf(ModelFormatException.class);
    }

    @Test
    @Timeout(60)
    void refusesEveryTruncation() throws IOException {
        byte[] whole = valid().bytes();
        Path file = folder.resolve("model.gguf");
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> GgufFile.open(file).close())
                    .as("first %d bytes", length)
                    .isInstanceOf(ModelFormatException.class);
        }
    }

    /** Whatever bytes are changed, opening and reading everything ends in values or in the one exception. */
    @Test
    @Timeout(120)
    void survivesMutations() throws IOException {
        byte[] whole = valid().bytes();
        int refused = 0;
        int rounds = 3_000;
        for (int seed = 0; seed < rounds; seed++) {
            RandomGenerator random = new SplittableRandom(seed);
            byte[] mutant = mutate(whole, random);
            Path file = folder.resolve("mutant.gguf");
            Files.write(file, mutant);
            try (GgufFile opened = GgufFile.open(file)) {
                readAll(opened);
            } catch (ModelFormatException expected) {
                refused++;
                assertThat(expected).as("seed %d", seed).hasMessageStartingWith("mutant.gguf: ");
            } catch (RuntimeException | Error other) {
                throw new AssertionError("seed " + seed, other);
            }
        }
        assertThat(refused).as("mutants refused").isBetween(rounds / 10, rounds - 1);
    }

    private static byte[] mutate(byte[] whole, RandomGenerator random) {
        byte[] mutant = whole.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(mutant.length);
            switch (random.nextInt(4)) {
                case 0 -> mutant[at] = (byte) random.nextInt();
                case 1 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> mutant[at] = -1;
                default -> {
                    int from = random.nextInt(mutant.length);
                    int length = Math.min(8, mutant.length - Math.max(at, from));
                    System.arraycopy(whole, from, mutant, at, length);
                }
            }
        }
        return mutant;
    }

    private static void readAll(GgufFile file) {
        GgufMetadata metadata = file.metadata();
        for (String key : metadata.keys()) {
            List<Runnable> reads = List.of(
                    () -> metadata.string(key),
                    () -> metadata.integer(key),
                    () -> metadata.floatValue(key),
                    () -> metadata.flag(key, false),
                    () -> metadata.strings(key),
                    () -> metadata.floats(key),
                    () -> metadata.integers(key));
            for (Runnable read : reads) {
                try {
                    read.run();
                } catch (ModelFormatException wrongKind) {
                    assertThat(wrongKind).hasMessageStartingWith("mutant.gguf: ");
                }
            }
        }
        for (String name : file.tensorNames()) {
            Tensor tensor = file.tensor(name);
            assertThat(tensor.data().get(ValueLayout.JAVA_BYTE, tensor.data().byteSize() - 1))
                    .isBetween(Byte.MIN_VALUE, Byte.MAX_VALUE);
        }
    }

    @Test
    void closedFilesCannotBeRead() {
        GgufFile file = open(valid());
        Tensor tensor = file.tensor("token_embd.weight");
        file.close();
        assertThatThrownBy(() -> tensor.data().get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }
}

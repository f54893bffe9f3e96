package dev.caravan.engine.format.safetensors;

import static dev.caravan.engine.format.safetensors.SafetensorsBytes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each wrong file is refused with a sentence, never with another exception or much memory. */
class HostileSafetensorsTest {

    @TempDir
    Path folder;

    /** A file of one header entry {@code a} of these words and so many bytes of data. */
    private static byte[] one(String type, String shape, long begin, long end, int dataBytes) {
        return SafetensorsBytes.file("{" + entry("a", type, shape, begin, end) + "}", dataBytes);
    }

    private static byte[] header(String json) {
        return SafetensorsBytes.file(json, 0);
    }

    private static byte[] start(String text) {
        return Arrays.copyOf(text.getBytes(StandardCharsets.ISO_8859_1), 64);
    }

    static Stream<Arguments> wrongFiles() {
        return Stream.of(wrongPreambles(), wrongJson(), wrongTensors()).flatMap(kind -> kind);
    }

    private static Stream<Arguments> wrongPreambles() {
        byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
        byte[] utf16 = "{}".getBytes(StandardCharsets.UTF_16LE);
        return Stream.of(
                Arguments.of("is empty", new byte[0], "only 0 bytes"),
                Arguments.of("is too short", new byte[7], "only 7 bytes"),
                Arguments.of("is a Git LFS pointer", start("version https"), "git lfs pull"),
                Arguments.of("is a pickle archive", start("PK\u0003\u0004\u0000\u0000\u0008\u0008"), "can run code"),
                Arguments.of("is GGUF", start("GGUF\u0003\0\0\0"), "a GGUF file"),
                Arguments.of("is text", start("<!DOCTYPE html>"), "not a safetensors file"),
                Arguments.of("has a header of -1", SafetensorsBytes.file(-1, json, json), "not a safetensors file"),
                Arguments.of(
                        "has a header above 100 MB", SafetensorsBytes.file(100_000_001, json, json), "above 100000000"),
                Arguments.of("has a header beyond its end", SafetensorsBytes.file(3, json, new byte[0]), "3 bytes"),
                Arguments.of("has no header", SafetensorsBytes.file(0, json, json), "does not start with {"),
                Arguments.of("has UTF-16", SafetensorsBytes.file(4, utf16, json), "does not start with {"),
                Arguments.of("starts with a space", header(" {}"), "does not start with {"),
                Arguments.of("is a list", header("[]"), "does not start with {"));
    }

    private static Stream<Arguments> wrongJson() {
        String tensor = entry("a", "F32", "", 0, 4);
        byte[] latin = "{\"a\u00e4\":{}}".getBytes(StandardCharsets.ISO_8859_1);
        return Stream.of(
                Arguments.of("has half an object", header("{\"a\""), "not sound JSON"),
                Arguments.of("goes on after the header", header("{}{}"), "goes on after"),
                Arguments.of("is not UTF-8", SafetensorsBytes.file(latin.length, latin, new byte[0]), "not sound JSON"),
                Arguments.of("has a tensor twice", SafetensorsBytes.file("{" + tensor + "," + tensor + "}", 4), "Dupl"),
                Arguments.of("is nested deeply", header("{\"a\":{\"x\":" + "[".repeat(5000)), "not sound JSON"),
                Arguments.of(
                        "has a number of 5000 digits",
                        header("{\"a\":{\"shape\":[" + "9".repeat(5000) + "]}}"),
                        "JSON"),
                Arguments.of(
                        "has a name of 5000 letters", header("{\"" + "n".repeat(5000) + "\":{}}"), "not sound JSON"),
                Arguments.of("has a number as metadata", header("{\"__metadata__\":1}"), "not a JSON object"),
                Arguments.of("has a number in its metadata", header("{\"__metadata__\":{\"a\":1}}"), "not a string"),
                Arguments.of(
                        "has metadata of 17 MB",
                        header("{\"__metadata__\":{\"a\":\"%1$s\",\"b\":\"%1$s\"}}".formatted("v".repeat(9 << 20))),
                        "__metadata__ is too long"),
                Arguments.of("has 200000 tensors", header(tensors(200_000, "t")), "more than 131072 tensors"),
                Arguments.of("has 20 MB of names", header(tensors(5_000, "n".repeat(4_000))), "too long together"),
                Arguments.of("has a number for a tensor", header("{\"a\":1}"), "the tensor a is not described"),
                Arguments.of("has null for a tensor", header("{\"a\":null}"), "the tensor a is not described"),
                Arguments.of("has an empty name", header("{\"\":{}}"), "empty name"),
                Arguments.of("has a control character in a name", header("{\"a\\u001b\":1}"), "the tensor a\\u001b"));
    }

    private static String tensors(int count, String prefix) {
        return IntStream.range(0, count)
                .mapToObj(i -> entry(prefix + i, "U8", "0", 0, 0))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static Stream<Arguments> wrongTensors() {
        String a = entry("a", "F32", "2", 0, 8);
        return Stream.of(
                Arguments.of(
                        "has no dtype", header("{\"a\":{\"shape\":[],\"data_offsets\":[0,0]}}"), "lacks its dtype"),
                Arguments.of("has no shape", header("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,0]}}"), "lacks"),
                Arguments.of("has no offsets", header("{\"a\":{\"dtype\":\"F32\",\"shape\":[0]}}"), "lacks"),
                Arguments.of("has a number as dtype", header("{\"a\":{\"dtype\":1}}"), "dtype that is not a string"),
                Arguments.of("has an unknown dtype", one("Q4_0", "1", 0, 4, 4), "the tensor a has the dtype Q4_0"),
                Arguments.of("has a string as shape", header("{\"a\":{\"shape\":\"2\"}}"), "shape that is not a list"),
                Arguments.of("has a fraction as extent", one("F32", "2.0", 0, 8, 8), "shape that is not integers"),
                Arguments.of("has a negative extent", one("F32", "-2", 0, 8, 8), "shape that is not integers"),
                Arguments.of("has an extent of 2^64", one("F32", "18446744073709551616", 0, 8, 8), "not integers"),
                Arguments.of("has 17 dimensions", one("F32", "1" + ",1".repeat(16), 0, 4, 4), "at most 16"),
                Arguments.of(
                        "has one offset",
                        header("{\"a\":{\"data_offsets\":[0],\"dtype\":\"U8\",\"shape\":[0]}}"),
                        "two"),
                Arguments.of("has three offsets", SafetensorsBytes.file(a(), 8), "two numbers"),
                Arguments.of("has swapped offsets", one("F32", "2", 8, 0, 8), "from 8 to 0"),
                Arguments.of("has a tensor beyond its end", one("F32", "2", 0, 8, 7), "7 bytes of data"),
                Arguments.of("has an offset of 2^63 - 1", one("F32", "2", 0, Long.MAX_VALUE, 8), "8 bytes of data"),
                Arguments.of("has a shape for more bytes", one("F32", "3", 0, 8, 8), "F32 of the shape [3]"),
                Arguments.of("has a shape for fewer bytes", one("F16", "3", 0, 8, 8), "F16 of the shape [3]"),
                Arguments.of("has a product of 2^64", one("F32", "4294967296,4294967296", 0, 0, 0), "the tensor a has"),
                Arguments.of("has half bytes", one("F4", "7", 0, 4, 4), "F4 of the shape [7]"),
                Arguments.of(
                        "has a hole",
                        SafetensorsBytes.file("{" + a + "," + entry("b", "F32", "1", 12, 16) + "}", 16),
                        "the tensor b starts at 12 where 8 is due"),
                Arguments.of(
                        "has tensors over each other",
                        SafetensorsBytes.file("{" + a + "," + entry("b", "F32", "2", 4, 12) + "}", 12),
                        "overlap"),
                Arguments.of("starts with a hole", one("F32", "2", 4, 12, 12), "starts at 4 where 0 is due"),
                Arguments.of("has data after its tensors", one("F32", "2", 0, 8, 9), "take 8 bytes"),
                Arguments.of("has data and no tensors", SafetensorsBytes.file("{}", 1), "take 0 bytes"));
    }

    private static String a() {
        return "{\"a\":{\"data_offsets\":[0,4,8],\"dtype\":\"F32\",\"shape\":[2]}}";
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongFiles")
    @Timeout(20)
    void refusesAFileThat(String what, byte[] bytes, String part) {
        Path file = SafetensorsBytes.write(folder.resolve("model.safetensors"), bytes);
        assertThatThrownBy(() -> SafetensorsFile.open(file).close())
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("model.safetensors: ")
                .hasMessageContaining(part)
                .hasMessageNotContaining("\n");
    }

    @Test
    void refusesWhatIsNotAFile() {
        assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("absent.safetensors")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("absent.safetensors: there is no such file; give the path of a .safetensors file");
        assertThatThrownBy(() -> SafetensorsFile.open(folder)).isInstanceOf(ModelFormatException.class);
    }

    @Test
    @Timeout(60)
    void refusesEveryTruncation() throws IOException {
        byte[] whole = SafetensorsBytes.file(
                "{\"__metadata__\":{\"format\":\"pt\"},%s,%s}  "
                        .formatted(entry("a", "F32", "2,3", 0, 24), entry("b", "U8", "7", 24, 31)),
                31);
        Path file = SafetensorsBytes.write(folder.resolve("model.safetensors"), whole);
        SafetensorsFile.open(file).close();
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> SafetensorsFile.open(file).close())
                    .as("first %d bytes", length)
                    .isInstanceOf(ModelFormatException.class);
        }
    }

    /** Whatever bytes are changed, opening and reading everything ends in values or in the one exception. */
    @Test
    @Timeout(120)
    void survivesMutations() throws IOException {
        byte[] whole = Files.readAllBytes(GoldenSafetensors.path("dtypes.safetensors"));
        int headerEnd = 8 + 1072;
        Path path = folder.resolve("mutant.safetensors");
        int rounds = 4_000;
        int refused = 0;
        for (int seed = 0; seed < rounds; seed++) {
            Files.write(path, mutate(whole, headerEnd, new SplittableRandom(seed)));
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                readAll(file);
            } catch (ModelFormatException expected) {
                refused++;
                assertThat(expected).as("seed %d", seed).hasMessageStartingWith("mutant.safetensors: ");
            } catch (RuntimeException | Error other) {
                throw new AssertionError("seed " + seed, other);
            }
        }
        assertThat(refused).as("mutants refused").isBetween(rounds / 10, rounds - 1);
    }

    /** Changes bytes of the header, digits more often than others. */
    static byte[] mutate(byte[] whole, int end, RandomGenerator random) {
        byte[] mutant = whole.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(end);
            switch (random.nextInt(5)) {
                case 0 -> mutant[at] = (byte) random.nextInt();
                case 1 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> mutant[at] = (byte) "{}[]:,\"0".charAt(random.nextInt(8));
                case 3 -> {
                    while (at < end - 1 && (mutant[at] < '0' || mutant[at] > '9')) {
                        at++;
                    }
                    mutant[at] = (byte) ('0' + random.nextInt(10));
                }
                default -> {
                    int from = random.nextInt(end);
                    System.arraycopy(whole, from, mutant, at, Math.min(16, end - Math.max(at, from)));
                }
            }
        }
        return mutant;
    }

    private static void readAll(SafetensorsFile file) {
        for (String name : file.tensorNames()) {
            RawTensor raw = file.raw(name);
            for (long i = 0; i < raw.data().byteSize(); i += 64) {
                assertThat(raw.data().get(ValueLayout.JAVA_BYTE, i)).isBetween(Byte.MIN_VALUE, Byte.MAX_VALUE);
            }
            try {
                assertThat(file.tensor(name).data().byteSize())
                        .isEqualTo(raw.data().byteSize());
            } catch (ModelFormatException otherType) {
                assertThat(otherType).hasMessageStartingWith("mutant.safetensors: ");
            }
        }
    }
}

package dev.caravan.engine.format.safetensors;

import static dev.caravan.engine.format.safetensors.SafetensorsBytes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model's files are found, put together and compared with their index. */
class SafetensorsModelTest {

    private static final String INDEX = "model.safetensors.index.json";
    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.safetensors";

    @TempDir
    Path folder;

    private Path file(String name, String header, int dataBytes) {
        return SafetensorsBytes.write(folder.resolve(name), SafetensorsBytes.file(header, dataBytes));
    }

    private void index(String json) {
        try {
            Files.writeString(folder.resolve(INDEX), json);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Two shards with the tensors a, b and c, and their index. */
    private void sharded() {
        file(FIRST, "{" + entry("a", "F32", "1", 0, 4) + "," + entry("b", "F32", "1", 4, 8) + "}", 8);
        file(SECOND, "{" + entry("c", "F16", "2", 0, 4) + "}", 4);
        index("{\"metadata\":{},\"weight_map\":{\"a\":\"%1$s\",\"c\":\"%2$s\",\"b\":\"%1$s\"}}"
                .formatted(FIRST, SECOND));
    }

    private void assertRefused(Path path, String... parts) {
        assertThatThrownBy(() -> SafetensorsModel.open(path).close())
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(path.getFileName() + ": ")
                .hasMessageContainingAll(parts)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", INDEX, "model-00003-of-00004.safetensors"})
    void readsTheReferencesShards(String part) {
        try (SafetensorsModel model =
                SafetensorsModel.open(GoldenSafetensors.path("sharded").resolve(part))) {
            assertThat(GoldenSafetensors.expected("sharded"))
                    .hasSize(12)
                    .hasSameSizeAs(model.tensorNames())
                    .allSatisfy(expected -> {
                        Tensor tensor = model.tensor(expected.tensor());
                        assertThat(tensor.dtype()).isEqualTo(DType.BF16);
                        assertThat(GoldenSafetensors.sha256(GoldenSafetensors.values(tensor)))
                                .isEqualTo(expected.sha256());
                    });
            assertThat(model.folder()).isEqualTo(GoldenSafetensors.path("sharded"));
            assertThat(model.weightBytes()).isEqualTo(184704);
        }
    }

    @Test
    void readsOneFileByItsFolderOrItsName() {
        Path single = file("model.safetensors", "{" + entry("a", "F32", "1", 0, 4) + "}", 4);
        for (Path path : new Path[] {single, folder}) {
            try (SafetensorsModel model = SafetensorsModel.open(path)) {
                assertThat(model.tensorNames()).containsExactly("a");
                assertThat(model.path()).isEqualTo(path);
                assertThat(model.folder()).isEqualTo(folder);
                assertThat(model.byteSize()).isEqualTo(single.toFile().length());
                assertThat(model.findTensor("b")).isEmpty();
                assertThat(model.findRaw("a")).isPresent();
                assertThatThrownBy(() -> model.tensor("b")).hasMessageContaining("the tensor b is missing");
            }
        }
    }

    @Test
    void theWholeFileIsTakenWhereBothAreThere() {
        sharded();
        file("model.safetensors", "{" + entry("whole", "F32", "1", 0, 4) + "}", 4);
        try (SafetensorsModel model = SafetensorsModel.open(folder)) {
            assertThat(model.tensorNames()).containsExactly("whole");
        }
    }

    @Test
    void refusesShardsThatDoNotMatchTheirIndex() throws IOException {
        sharded();
        try (SafetensorsModel model = SafetensorsModel.open(folder)) {
            assertThat(model.tensorNames()).containsExactly("a", "b", "c");
        }
        file(SECOND, "{" + entry("d", "F16", "2", 0, 4) + "}", 4);
        assertRefused(folder.resolve(INDEX), SECOND, "holds the tensor d");
        file(SECOND, "{" + entry("a", "F16", "2", 0, 4) + "}", 4);
        assertRefused(folder.resolve(INDEX), SECOND, "holds the tensor a");
        file(SECOND, "{}", 0);
        assertRefused(folder.resolve(INDEX), "the tensor c should be in " + SECOND);
        file(SECOND, "{" + entry("c", "F16", "2", 0, 4) + "}", 3);
        assertThatThrownBy(() -> SafetensorsModel.open(folder)).hasMessageStartingWith(SECOND);
        Files.delete(folder.resolve(SECOND));
        assertRefused(folder.resolve(INDEX), "its file " + SECOND + " is missing");
        Files.delete(folder.resolve(INDEX));
        assertThatThrownBy(() -> SafetensorsModel.open(folder.resolve(FIRST)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(INDEX)
                .hasMessageContaining("no such file");
    }

    static Stream<Arguments> wrongIndexes() {
        return Stream.of(
                Arguments.of("is empty", "", "not sound JSON"),
                Arguments.of("is a list", "[]", "should hold a JSON object"),
                Arguments.of("has no map", "{}", "weight_map is missing"),
                Arguments.of("has an empty map", "{\"weight_map\":{}}", "names no tensor"),
                Arguments.of("has a list as map", "{\"weight_map\":[]}", "weight_map should hold an object"),
                Arguments.of("has a number as file", map("1"), "weight_map.a should hold a string"),
                Arguments.of("has a tensor twice", "{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}", "Duplicate"),
                Arguments.of("leads up", map("\"../model.safetensors\""), "../model.safetensors"),
                Arguments.of("leads down", map("\"a/model.safetensors\""), "not the name of a .safetensors file"),
                Arguments.of("leads to the root", map("\"/etc/model.safetensors\""), "not the name of a .safetensors"),
                Arguments.of(
                        "leads up in Windows", map("\"..\\\\model.safetensors\""), "not the name of a .safetensors"),
                Arguments.of("leads to a drive", map("\"C:model.safetensors\""), "not the name of a .safetensors"),
                Arguments.of("has a null character", map("\"a\\u0000.safetensors\""), "a\\u0000.safetensors"),
                Arguments.of("has half a character", map("\"\\ud800.safetensors\""), "is missing"),
                Arguments.of("names a pickle", map("\"pytorch_model.bin\""), "can run code"),
                Arguments.of("names another file", map("\"model.txt\""), "not the name of a .safetensors file"));
    }

    private static String map(String file) {
        return "{\"weight_map\":{\"a\":" + file + "}}";
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongIndexes")
    void refusesAnIndexThat(String what, String json, String part) {
        index(json);
        assertRefused(folder.resolve(INDEX), part);
        assertThatThrownBy(() -> SafetensorsModel.open(folder)).hasMessageContaining(part);
    }

    @Test
    void refusesAnIndexOfTooManyFiles() {
        StringBuilder json = new StringBuilder("{\"weight_map\":{\"a\":\"model.safetensors\"");
        file("m.safetensors", "{}", 0);
        for (int i = 0; i < 5000; i++) {
            file("m" + i + ".safetensors", "{}", 0);
            json.append(",\"t%1$d\":\"m%1$d.safetensors\"".formatted(i));
        }
        file("model.safetensors", "{}", 0);
        index(json.append("}}").toString());
        assertRefused(folder.resolve(INDEX), "more than 4096 files");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch_model.bin", "model.pt", "consolidated.00.pth", "sd.CKPT"})
    void refusesPickles(String name) throws IOException {
        Path pickle = Files.write(folder.resolve(name), new byte[] {'P', 'K', 3, 4});
        String advice = "pickle files can run code, so Caravan does not open them; convert the model to safetensors";
        assertRefused(pickle, advice);
        assertRefused(folder, "the folder holds " + name + " and no safetensors: " + advice);
    }

    @Test
    void saysWhatElseIsInTheFolder() throws IOException {
        assertRefused(folder, "there is no model.safetensors in the folder");
        Files.createFile(folder.resolve("model-q8_0.gguf"));
        assertRefused(folder, "give the path of model-q8_0.gguf");
        Files.createFile(folder.resolve("consolidated.safetensors"));
        assertRefused(folder, "if consolidated.safetensors is the model, give the path of that file");
        Files.createFile(folder.resolve("adapter_model.safetensors"));
        assertRefused(folder, "LoRA adapter");
        assertRefused(folder.resolve("absent"), "there is no such file or folder");
    }

    /** Whatever the index becomes, the model opens or is refused with the one exception. */
    @Test
    @Timeout(120)
    void survivesMutationsOfTheIndex() throws IOException {
        sharded();
        byte[] whole = Files.readAllBytes(folder.resolve(INDEX));
        int rounds = 1_000;
        int refused = 0;
        for (int seed = 0; seed < rounds; seed++) {
            byte[] mutant = HostileSafetensorsTest.mutate(whole, whole.length, new SplittableRandom(seed));
            Files.write(folder.resolve(INDEX), mutant);
            refused += opens(seed) ? 0 : 1;
        }
        assertThat(refused).isBetween(rounds / 2, rounds - 1);
        for (int length = 0; length < whole.length; length++) {
            Files.write(folder.resolve(INDEX), Arrays.copyOf(whole, length));
            assertThat(opens(length)).as("first %d bytes", length).isFalse();
        }
    }

    private boolean opens(int seed) {
        try (SafetensorsModel model = SafetensorsModel.open(folder)) {
            return !model.tensorNames().isEmpty();
        } catch (ModelFormatException refused) {
            return false;
        } catch (RuntimeException | Error other) {
            throw new AssertionError("seed " + seed, other);
        }
    }
}

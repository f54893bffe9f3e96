package dev.caravan.server.models.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.server.models.catalogue.CatalogueModel.Purpose;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The catalogue's own entries, the user's file over them, and the choice among models. */
class CatalogueTest {

    private static final long PLENTY = 64_000_000_000L;

    @TempDir
    Path home;

    @Test
    void theBuiltInModelsAreThere() {
        Catalogue catalogue = Catalogue.load(home);

        assertThat(catalogue.models())
                .extracting(CatalogueModel::id)
                .containsExactly(
                        "midm-2.0-mini-instruct", "midm-2.0-base-instruct", "gemma-3-270m", "multilingual-e5-small");
        assertThat(catalogue.get("gemma-3-270m").licence().mustBeAccepted()).isTrue();
        assertThatThrownBy(() -> catalogue.get("gpt"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("midm-2.0-mini-instruct");
    }

    @Test
    void theUsersFileAddsAndReplaces() throws Exception {
        writeOwn("""
                {"models":[{"id":"my-model","name":"Mine","purpose":"chat","preference":500,"memory_bytes":10,
                  "licence":{"name":"own","url":"file:///"},"files":[{"name":"my.gguf"}],
                  "sources":[{"type":"local","files":{"my.gguf":"/models/my.gguf"}}]}]}""");

        assertThat(Catalogue.load(home).get("my-model").preference()).isEqualTo(500);
        assertThat(Catalogue.load(home).find("gemma-3-270m")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "{\"models\":[{}]}",
                "{\"models\":[{\"id\":\"../evil\",\"name\":\"x\",\"purpose\":\"chat\",\"memory_bytes\":1,"
                        + "\"licence\":{\"name\":\"a\",\"url\":\"b\"},\"files\":[{\"name\":\"f\"}],"
                        + "\"sources\":[{\"type\":\"local\",\"files\":{\"f\":\"/f\"}}]}]}",
                "{\"models\":[{\"id\":\"x\",\"name\":\"x\",\"purpose\":\"chat\",\"memory_bytes\":1,"
                        + "\"licence\":{\"name\":\"a\",\"url\":\"b\"},\"files\":[{\"name\":\"../f\"}],"
                        + "\"sources\":[{\"type\":\"local\",\"files\":{\"../f\":\"/f\"}}]}]}",
                "{\"models\":[{\"id\":\"x\",\"name\":\"x\",\"purpose\":\"chat\",\"memory_bytes\":1,"
                        + "\"licence\":{\"name\":\"a\",\"url\":\"b\"},\"files\":[{\"name\":\"f\"}],"
                        + "\"sources\":[{\"type\":\"wheels\",\"files\":{\"f\":[{\"requirement\":\"--index-url=x\","
                        + "\"member\":\"m\"}]}}]}]}",
                "{\"models\":[{\"id\":\"x\",\"name\":\"x\",\"purpose\":\"chat\",\"memory_bytes\":1,"
                        + "\"licence\":{\"name\":\"a\",\"url\":\"b\"},\"files\":[{\"name\":\"f\"}],"
                        + "\"quantization\":{\"load_in_4bit\":\"yes\"},"
                        + "\"sources\":[{\"type\":\"local\",\"files\":{\"f\":\"/f\"}}]}]}",
                "{\"models\":[{\"id\":\"x\",\"name\":\"x\",\"purpose\":\"chat\",\"memory_bytes\":1,"
                        + "\"licence\":{\"name\":\"a\",\"url\":\"b\"},\"files\":[{\"name\":\"f\"}],"
                        + "\"quantization\":{\"load_in_4_bits\":true},"
                        + "\"sources\":[{\"type\":\"local\",\"files\":{\"f\":\"/f\"}}]}]}"
            })
    void aWrongUsersFileIsNamedAndNotUsed(String json) throws Exception {
        writeOwn(json);

        assertThatThrownBy(() -> Catalogue.load(home))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("catalogue.json")
                .hasMessageContaining("correct it or remove it");
    }

    @Test
    void theBestInstalledModelThatFitsIsChosen() throws Exception {
        install("gemma-3-270m", "gemma-3-270m-q4_k_m.gguf");
        install("midm-2.0-mini-instruct", "midm-2.0-mini-instruct-q4_k_m.gguf");

        assertThat(choose(PLENTY).map(ModelChoice::id)).contains("midm-2.0-mini-instruct");
        assertThat(choose(1_000_000_000).map(ModelChoice::id)).contains("gemma-3-270m");
        assertThat(choose(1_000_000_000).orElseThrow().reason()).contains("500 MB", "1.0 GB");
        assertThat(choose(100)).isEmpty();
    }

    @Test
    void whatWasAskedForCountsOrIsRefusedWithTheReason() throws Exception {
        install("gemma-3-270m", "gemma-3-270m-q4_k_m.gguf");
        Path own = Files.writeString(home.resolve("own.gguf"), "x");
        ModelChooser chooser = chooser(PLENTY);

        assertThat(chooser.chooseInstalled(Purpose.CHAT, "gemma-3-270m").map(ModelChoice::id))
                .contains("gemma-3-270m");
        assertThat(chooser.chooseInstalled(Purpose.CHAT, own.toString()).map(ModelChoice::file))
                .contains(own);
        assertRefused("midm-2.0-mini-instruct", "models pull midm-2.0-mini-instruct");
        assertRefused("multilingual-e5-small", "not for chat");
        assertRefused("/no/such.gguf", "does not exist");
        assertRefused("nonsense", "no model 'nonsense'");
        assertThatThrownBy(() -> chooser(1000).chooseInstalled(Purpose.CHAT, "gemma-3-270m"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("does not fit: needs 500 MB");
    }

    @Test
    void memoryThatCanBeFreedCounts() {
        assertThat(MemoryBudget.parseAvailable(List.of("MemTotal: 9 kB", "MemAvailable:   1024 kB"), 7))
                .isEqualTo(1_048_576);
        assertThat(MemoryBudget.parseAvailable(List.of("MemFree: 1 kB"), 7)).isEqualTo(7);
    }

    private void assertRefused(String requested, String reason) {
        assertThatThrownBy(() -> chooser(PLENTY).chooseInstalled(Purpose.CHAT, requested))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(reason);
    }

    private Optional<ModelChoice> choose(long memoryBytes) {
        return chooser(memoryBytes).chooseInstalled(Purpose.CHAT, "");
    }

    private ModelChooser chooser(long memoryBytes) {
        return new ModelChooser(Catalogue.load(home), new ModelStore(home), memoryBytes);
    }

    private void install(String id, String file) throws Exception {
        Path folder = Files.createDirectories(home.resolve("models").resolve(id));
        Files.writeString(folder.resolve(file), "weights");
        new ModelManifest(
                        id,
                        "test",
                        Instant.EPOCH,
                        List.of(new ModelManifest.ManifestFile(
                                file, 7, LocalHub.sha256("weights".getBytes(StandardCharsets.UTF_8)))))
                .write(folder);
    }

    private void writeOwn(String json) throws Exception {
        Files.writeString(home.resolve(Catalogue.USER_FILE), json);
    }
}

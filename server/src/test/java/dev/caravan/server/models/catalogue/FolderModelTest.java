package dev.caravan.server.models.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.QuantizationConfig.QuantType;
import dev.caravan.server.models.catalogue.CatalogueModel.Purpose;
import dev.caravan.server.models.catalogue.ModelStore.InstalledModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of several files: config.json, shards whose number nobody knows before, and a quantisation of their own. */
class FolderModelTest {

    @TempDir
    Path home;

    private LocalHub hub;

    @BeforeEach
    void start() throws Exception {
        hub = new LocalHub(new byte[] {1});
        small("config.json", "{\"model_type\":\"llama\"}");
        hub.folder.put("model-00001-of-00002.safetensors", "first");
        hub.folder.put("model-00002-of-00002.safetensors", "second");
        hub.folder.put("pytorch_model.bin", "a pickle");
        hub.folder.put("model.bin", "a pickle");
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private void small(String name, String text) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MessageDigest digest = MessageDigest.getInstance("SHA-1");
        digest.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII));
        hub.folder.put(name, text);
        hub.gitHashes.put(name, HexFormat.of().formatHex(digest.digest(bytes)));
    }

    private InstalledModel pull(String weights) throws IOException {
        Files.writeString(home.resolve(Catalogue.USER_FILE), entry(weights));
        HubClient client = new HubClient(hub.endpoint(), null, Proxies.none(), Duration.ofSeconds(5));
        return new ModelPuller(home, client, Duration.ofMillis(1), Clock.systemUTC())
                .pull(Catalogue.load(home).get("my-folder"), new SilentProgress());
    }

    private static String entry(String weights) {
        return """
            {"models":[{"id":"my-folder","name":"Mine","purpose":"chat","preference":500,"memory_bytes":10,
              "licence":{"name":"own","url":"file:///"},
              "quantization":{"load_in_4bit":true,"bnb_4bit_quant_type":"nf4","bnb_4bit_use_double_quant":true},
              "files":[{"name":"config.json"},{"name":"%1$s"}],
              "sources":[{"type":"hub","repository":"owner/folder","files":{"config.json":"config.json","%1$s":"%1$s"}}]}]}""".formatted(weights);
    }

    @Test
    void allShardsArriveAndTheFolderIsWhatIsLoaded() throws Exception {
        InstalledModel pulled = pull("model*");

        assertThat(pulled.file()).isEqualTo(home.resolve("models/my-folder"));
        assertThat(pulled.file().resolve("config.json")).hasContent("{\"model_type\":\"llama\"}");
        assertThat(pulled.file().resolve("model-00001-of-00002.safetensors")).hasContent("first");
        assertThat(pulled.file().resolve("model-00002-of-00002.safetensors")).hasContent("second");
        new ModelStore(home).verify("my-folder");
        ModelChoice choice = new ModelChooser(Catalogue.load(home), new ModelStore(home), 1000)
                .chooseInstalled(Purpose.CHAT, "")
                .orElseThrow();
        assertThat(choice.file()).isEqualTo(pulled.file());
        assertThat(choice.quantization())
                .isEqualTo(new QuantizationConfig(true, QuantType.NF4, true, "float32", false, java.util.List.of()));
    }

    @Test
    void picklesAreNeverDownloaded() throws Exception {
        pull("*");
        assertThat(hub.downloads).contains("config.json").noneMatch(name -> name.endsWith(".bin"));

        assertThatThrownBy(() -> pullFresh("pytorch_model.bin"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("pytorch_model.bin")
                .hasMessageContaining("pickle");
        assertThat(hub.downloads).noneMatch(name -> name.endsWith(".bin"));
    }

    private void pullFresh(String weights) throws IOException {
        new ModelStore(home).remove("my-folder");
        pull(weights);
    }

    @Test
    void aSmallFileIsComparedWithGitsHash() {
        hub.gitHashes.put("config.json", "0123456789abcdef0123456789abcdef01234567");

        assertThatThrownBy(() -> pull("model*"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("config.json arrived with other bytes");
        assertThat(home.resolve("models/my-folder/config.json")).doesNotExist();
    }

    @Test
    void aPatternWithoutAnyFileIsNamed() {
        assertThatThrownBy(() -> pull("weights*.safetensors"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("owner/folder has no file weights*.safetensors");
    }

    @Test
    void aFolderOfTheUsersIsTakenByItsPath() throws Exception {
        Path folder = Files.createDirectories(home.resolve("mine"));
        ModelChooser chooser = new ModelChooser(Catalogue.load(home), new ModelStore(home), 1000);

        assertThatThrownBy(() -> chooser.chooseInstalled(Purpose.CHAT, folder.toString()))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("holds no config.json");
        Files.writeString(folder.resolve("config.json"), "{}");
        assertThat(chooser.chooseInstalled(Purpose.CHAT, folder.toString()))
                .map(ModelChoice::file)
                .contains(folder);
    }

    private static final class SilentProgress implements PullProgress {
        @Override
        public void note(String message) {}

        @Override
        public void advanced(String file, long doneBytes, long totalBytes) {}
    }
}

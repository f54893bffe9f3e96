package dev.caravan.server.models.catalogue;

import dev.caravan.server.models.catalogue.CatalogueModel.CatalogueFile;
import dev.caravan.server.models.catalogue.CatalogueModel.Licence;
import dev.caravan.server.models.catalogue.ModelManifest.ManifestFile;
import dev.caravan.server.models.catalogue.ModelStore.InstalledModel;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings models onto this machine: asks for the licence first, tries the sources in order, checks every byte against the
 * catalogue's hash or else the hub's, and writes the manifest last.
 */
public final class ModelPuller {

    private final ModelStore store;
    private final Licences licences;
    private final HubClient hub;
    private final Duration retryPause;
    private final Clock clock;

    ModelPuller(Path home, HubClient hub, Duration retryPause, Clock clock) {
        this.store = new ModelStore(home);
        this.licences = new Licences(home, clock);
        this.hub = hub;
        this.retryPause = retryPause;
        this.clock = clock;
    }

    /**
     * The puller of a home.
     *
     * @param home Caravan's home
     * @param environment {@code HF_ENDPOINT}, {@code HF_TOKEN} and the proxy's variables are honoured
     */
    public static ModelPuller create(Path home, Map<String, String> environment) {
        return new ModelPuller(home, HubClient.fromEnvironment(environment), Duration.ofSeconds(2), Clock.systemUTC());
    }

    /** Whether a model may be downloaded without asking its licence's question (again). */
    public boolean isLicenceAccepted(CatalogueModel model) {
        return licences.isAccepted(model.licence());
    }

    /** Records that the owner of this machine has accepted a model's licence. */
    public void acceptLicence(CatalogueModel model) {
        licences.accept(model.licence());
    }

    /**
     * Brings a model here, or finds it here already.
     *
     * @throws ModelException when its licence is not accepted, no source has it, a hash is wrong or the disk is full
     */
    public InstalledModel pull(CatalogueModel model, PullProgress progress) {
        Optional<InstalledModel> installed = store.find(model.id());
        if (installed.isPresent()) {
            return installed.get();
        }
        Path folder = store.folder(model.id());
        try {
            if (!recordPresent(model, folder)) {
                requireLicence(model);
            }
            Files.createDirectories(folder);
            try (FileChannel channel =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                requireLock(channel, model);
                if (store.find(model.id()).isEmpty()) {
                    pullLocked(model, folder, progress);
                }
            }
        } catch (IOException e) {
            throw new ModelException(
                    "The model " + model.id() + " cannot be written to " + folder + ": " + e.getMessage() + ".", e);
        }
        return store.find(model.id())
                .orElseThrow(() -> new ModelException("The model " + model.id() + " vanished from " + folder + "."));
    }

    /** A model whose every file someone has put there needs no download: its manifest is written once its bytes are right. */
    private boolean recordPresent(CatalogueModel model, Path folder) throws IOException {
        List<ManifestFile> files = new ArrayList<>();
        for (CatalogueFile file : model.files()) {
            Optional<ManifestFile> present = FileFetcher.alreadyThere(file, folder.resolve(file.name()));
            if (present.isEmpty()) {
                return false;
            }
            files.add(present.get());
        }
        new ModelManifest(model.id(), "files that were there", clock.instant(), files).write(folder);
        return true;
    }

    private void requireLicence(CatalogueModel model) {
        Licence licence = model.licence();
        if (!licences.isAccepted(licence)) {
            throw new ModelException("The model " + model.id() + " comes under the " + licence.name() + " ("
                    + licence.url() + "): read them and repeat the command with --accept-licence.");
        }
    }

    private static void requireLock(FileChannel channel, CatalogueModel model) throws IOException {
        @Nullable FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new ModelException(
                    "Another process is pulling " + model.id() + " just now: wait until it is done, then try again.");
        }
    }

    private void pullLocked(CatalogueModel model, Path folder, PullProgress progress) throws IOException {
        List<String> failures = new ArrayList<>();
        for (ModelSource source : model.sources()) {
            try {
                progress.note("Getting " + model.id() + " from " + source.describe() + ".");
                FileFetcher fetcher = FileFetcher.of(source, folder, hub, retryPause, progress);
                List<ManifestFile> files = new ArrayList<>();
                for (CatalogueFile file : model.files()) {
                    files.addAll(fetcher.fetch(file));
                }
                new ModelManifest(model.id(), source.describe(), clock.instant(), files).write(folder);
                return;
            } catch (IOException e) {
                if (DiskSpace.isFull(e)) {
                    throw DiskSpace.full(folder, 0, model.id());
                }
                failures.add(source.describe() + ": " + reason(e));
            } catch (ModelException e) {
                failures.add(source.describe() + ": " + e.getMessage());
            }
        }
        throw new ModelException("The model " + model.id() + " could not be had. " + String.join(" | ", failures));
    }

    private static String reason(IOException error) {
        return switch (error) {
            case java.net.UnknownHostException e ->
                "the name " + e.getMessage() + " is unknown (no network, or a proxy"
                        + " is needed: HTTPS_PROXY; a mirror: HF_ENDPOINT)";
            case java.net.SocketTimeoutException e -> "no answer in time";
            case java.net.ConnectException e -> "no connection";
            default -> String.valueOf(error.getMessage());
        };
    }
}

package dev.caravan.server.models.catalogue;

import dev.caravan.server.models.catalogue.ModelManifest.ManifestFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The models on this machine, one folder each under {@code models} in Caravan's home. Holds no state of its own. */
public final class ModelStore {

    private static final String CONFIG = "config.json";

    private final Path directory;

    /** @param home Caravan's home */
    public ModelStore(Path home) {
        this.directory = home.resolve("models");
    }

    /**
     * A model that is here whole.
     *
     * @param id of the catalogue
     * @param file what is loaded: its one file, or its folder
     * @param bytes of all its files
     * @param source where it came from, for a person
     * @param pulledAt when
     */
    public record InstalledModel(String id, Path file, long bytes, String source, Instant pulledAt) {}

    /** Every whole model, by id. */
    public List<InstalledModel> list() {
        List<InstalledModel> models = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return models;
        }
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(directory, Files::isDirectory)) {
            for (Path folder : folders) {
                String id = folder.getFileName().toString();
                if (Names.isId(id)) {
                    find(id).ifPresent(models::add);
                }
            }
        } catch (IOException e) {
            throw new ModelException("The folder " + directory + " cannot be read: " + e.getMessage() + ".", e);
        }
        models.sort(Comparator.comparing(InstalledModel::id));
        return models;
    }

    /**
     * A model if it is here whole: its manifest and every file with the right size. {@link #verify} looks at the bytes.
     */
    public Optional<InstalledModel> find(String id) {
        Path folder = folder(id);
        return ModelManifest.read(folder)
                .filter(manifest -> isWhole(folder, manifest))
                .map(manifest -> {
                    long bytes = manifest.files().stream()
                            .mapToLong(ManifestFile::bytes)
                            .sum();
                    return new InstalledModel(
                            id, loaded(folder, manifest), bytes, manifest.source(), manifest.pulledAt());
                });
    }

    /** A model in safetensors has several files that belong together; its config.json tells it from others. */
    private static Path loaded(Path folder, ModelManifest manifest) {
        String first = manifest.files().getFirst().name();
        boolean isFolder = !first.endsWith(".gguf") && manifest.find(CONFIG).isPresent();
        return isFolder ? folder : folder.resolve(first);
    }

    /**
     * Compares every byte of a model with the hashes of its manifest.
     *
     * @throws ModelException when it is not here or has changed
     */
    public void verify(String id) {
        Path folder = folder(id);
        ModelManifest manifest = ModelManifest.read(folder).orElseThrow(() -> notInstalled(id));
        try {
            for (ManifestFile file : manifest.files()) {
                Path path = folder.resolve(file.name());
                if (!Files.isRegularFile(path) || !Bytes.sha256(path).equals(file.sha256())) {
                    throw new ModelException(path + " is missing or no longer has the bytes that were pulled:"
                            + " run ./caravan models rm " + id + " and ./caravan models pull " + id + ".");
                }
            }
        } catch (IOException e) {
            throw new ModelException("The model " + id + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /**
     * Removes a model.
     *
     * @return the bytes that became free
     * @throws ModelException when it is not here
     */
    public long remove(String id) {
        Path folder = folder(id);
        if (!Files.isDirectory(folder)) {
            throw notInstalled(id);
        }
        try {
            long bytes = 0;
            // The manifest goes first, so that a half removed folder is no model.
            Files.deleteIfExists(folder.resolve(ModelManifest.FILE));
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    bytes += Files.isRegularFile(path) ? Files.size(path) : 0;
                    Files.delete(path);
                }
            }
            return bytes;
        } catch (IOException e) {
            throw new ModelException("The model " + id + " cannot be removed: " + e.getMessage() + ".", e);
        }
    }

    /** The folder of a model, whether or not there is one. */
    Path folder(String id) {
        return directory.resolve(Names.checkId(id));
    }

    private static boolean isWhole(Path folder, ModelManifest manifest) {
        return manifest.files().stream().allMatch(file -> {
            Path path = folder.resolve(file.name());
            try {
                return Files.isRegularFile(path) && Files.size(path) == file.bytes();
            } catch (IOException e) {
                return false;
            }
        });
    }

    private static ModelException notInstalled(String id) {
        return new ModelException("The model " + id + " is not on this machine: run ./caravan models pull " + id + ".");
    }
}

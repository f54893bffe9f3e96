package dev.caravan.server.models;

import dev.caravan.server.models.catalogue.ModelException;
import dev.caravan.server.models.catalogue.ModelStore;
import dev.caravan.server.models.catalogue.ModelStore.InstalledModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where the model lies that a person names. */
public final class ModelPaths {

    private ModelPaths() {}

    /**
     * The files of an installed model by its id, or a path.
     *
     * @param home where Caravan keeps everything
     * @param callerDirectory where relative paths start
     * @return none if there is neither such a model nor such a file or folder
     * @throws IllegalStateException if such a model is installed, but what is recorded of it is damaged; the message says
     *     what to do
     */
    public static Optional<Path> find(Path home, Path callerDirectory, String name) {
        Optional<Path> installed = installed(new ModelStore(home), name);
        if (installed.isPresent()) {
            return installed;
        }
        return Optional.of(callerDirectory.resolve(name).normalize()).filter(Files::exists);
    }

    private static Optional<Path> installed(ModelStore store, String name) {
        try {
            return store.find(name).map(InstalledModel::file);
        } catch (IllegalArgumentException notAnId) {
            return Optional.empty();
        } catch (ModelException damaged) {
            throw new IllegalStateException(damaged.getMessage(), damaged);
        }
    }
}

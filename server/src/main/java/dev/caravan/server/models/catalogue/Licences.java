package dev.caravan.server.models.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;

/** Remembers which licences the owner of a home has accepted, in {@code models/accepted-licences.txt}. */
final class Licences {

    private final Path file;
    private final Clock clock;

    Licences(Path home, Clock clock) {
        this.file = home.resolve("models").resolve("accepted-licences.txt");
        this.clock = clock;
    }

    boolean isAccepted(CatalogueModel.Licence licence) {
        if (!licence.mustBeAccepted()) {
            return true;
        }
        try {
            return Files.exists(file)
                    && Files.readAllLines(file).stream().anyMatch(line -> line.endsWith(" " + licence.url()));
        } catch (IOException e) {
            throw new ModelException(file + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    void accept(CatalogueModel.Licence licence) {
        if (isAccepted(licence)) {
            return;
        }
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(
                    file,
                    clock.instant() + " " + licence.url() + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new ModelException(file + " cannot be written: " + e.getMessage() + ".", e);
        }
    }
}

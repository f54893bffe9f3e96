package dev.caravan.postgres;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Turns errors of the file system into a sentence that says what to do. */
final class DiskErrors {

    private DiskErrors() {}

    /** @param action what could not be done, as in "Caravan could not ..." */
    static PostgresException explain(String action, Path place, IOException error) {
        String reason = error instanceof FileSystemException detailed && detailed.getReason() != null
                ? detailed.getReason()
                : String.valueOf(error.getMessage());
        if (reason.contains("No space left") || reason.contains("quota")) {
            return new PostgresException(
                    "Caravan could not " + action + ": the disk of " + place + " is full (" + freeMegabytes(place)
                            + " MB free); free some space and start again.",
                    error);
        }
        if (error instanceof AccessDeniedException denied) {
            return new PostgresException(
                    "Caravan could not " + action + ": it may not write to "
                            + denied.getFile()
                            + "; change its owner or set CARAVAN_HOME to another folder.",
                    error);
        }
        return new PostgresException("Caravan could not " + action + " in " + place + ": " + reason + ".", error);
    }

    static long freeMegabytes(Path place) {
        Path existing = place;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        // Not Files.getFileStore, which needs a mount point that a chroot does not show.
        return existing == null ? 0 : existing.toFile().getUsableSpace() / (1024 * 1024);
    }
}

package dev.caravan.server.models.catalogue;

import java.io.IOException;
import java.nio.file.Path;

/** Says before a download, and after one that failed, whether the disk is the matter. */
final class DiskSpace {

    private static final long RESERVE_BYTES = 64L * 1024 * 1024;

    private DiskSpace() {}

    static void check(Path folder, long neededBytes, String file) {
        if (freeBytes(folder) < neededBytes + RESERVE_BYTES) {
            throw full(folder, neededBytes, file);
        }
    }

    /** Not Files.getFileStore, which needs a mount point that a chroot does not show. */
    private static long freeBytes(Path folder) {
        return folder.toFile().getUsableSpace();
    }

    static boolean isFull(IOException error) {
        String message = String.valueOf(error.getMessage());
        return message.contains("No space left") || message.contains("quota");
    }

    static ModelException full(Path folder, long neededBytes, String file) {
        return new ModelException(file + " needs " + Bytes.human(neededBytes) + " more but the disk of " + folder
                + " has " + Bytes.human(freeBytes(folder))
                + " free: free some space and pull again; what has come is kept.");
    }
}

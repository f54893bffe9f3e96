package dev.caravan.server.config;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The directory of everything that Caravan keeps, readable by its owner only and held by one server at a time. Every part
 * that writes under the home takes its path from here, and so waits for the lock.
 */
@Component
public final class CaravanHome implements AutoCloseable {

    private static final String LOCK_FILE = "caravan.lock";

    private final Path directory;
    private final FileChannel lockChannel;

    /**
     * Takes the home.
     *
     * @throws StartupException if the directory cannot be used or another server holds it
     */
    public CaravanHome(CaravanProperties properties) {
        this.directory = properties.homeDirectory();
        ownerOnly(directory);
        this.lockChannel = lock(directory.resolve(LOCK_FILE));
    }

    public Path directory() {
        return directory;
    }

    /** A directory under the home, made if it is missing and readable by its owner only. */
    public Path subdirectory(String name) {
        Path subdirectory = directory.resolve(name);
        ownerOnly(subdirectory);
        return subdirectory;
    }

    /**
     * Makes a directory, wherever it is, readable by its owner only.
     *
     * @throws StartupException if it cannot be made
     */
    public static void ownerOnly(Path path) {
        try {
            Files.createDirectories(path);
            if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
            }
        } catch (IOException e) {
            throw new StartupException(
                    "The directory %s cannot be made or is not this user's.".formatted(path),
                    "Make it writable, or name another one in CARAVAN_HOME (uploads: CARAVAN_FILES).",
                    e);
        }
    }

    private static FileChannel lock(Path file) {
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock != null) {
                return channel;
            }
            channel.close();
        } catch (IOException e) {
            throw new StartupException(
                    "The lock file %s cannot be written.".formatted(file),
                    "Check the directory's owner and the free space of its disk.",
                    e);
        }
        throw new StartupException(
                "Another Caravan is already running on %s.".formatted(file.getParent()),
                "Use that one, stop it first, or give this one its own directory in CARAVAN_HOME.");
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // this very process holds it
        }
    }

    @Override
    public void close() throws IOException {
        lockChannel.close();
    }
}

package dev.caravan.server.backup;

import dev.caravan.postgres.DatabaseDump;
import dev.caravan.postgres.EmbeddedPostgres;
import dev.caravan.postgres.PostgresException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * {@code ./caravan backup FILE} and {@code ./caravan restore FILE}: the database and the uploaded files in one archive. A
 * backup may be taken while the server runs; a restore needs it stopped. Models are not part of it: they can be pulled
 * again.
 */
public final class BackupCommand {

    private final Path home;
    private final Path files;
    private final Map<String, String> environment;
    private final PrintStream out;
    private final Clock clock;

    BackupCommand(Path home, Map<String, String> environment, PrintStream out, Clock clock) {
        this.home = home;
        String configured = environment.getOrDefault("CARAVAN_FILES", "");
        this.files = configured.isBlank()
                ? home.resolve("files")
                : Path.of(configured).toAbsolutePath();
        this.environment = environment;
        this.out = out;
        this.clock = clock;
    }

    /** Ends with status 1 and one sentence when something cannot be done, 2 when the command makes no sense. */
    public static void main(String[] arguments) {
        Map<String, String> environment = System.getenv();
        String home = environment.getOrDefault("CARAVAN_HOME", "");
        Path directory = home.isBlank() ? Path.of(System.getProperty("user.home"), ".caravan") : Path.of(home);
        BackupCommand command =
                new BackupCommand(directory.toAbsolutePath().normalize(), environment, System.err, Clock.systemUTC());
        int status;
        try {
            status = command.run(List.of(arguments));
        } catch (BackupException | PostgresException e) {
            System.err.println(e.getMessage());
            status = 1;
        }
        System.exit(status);
    }

    int run(List<String> arguments) {
        if (arguments.size() != 2) {
            out.println("Usage: ./caravan backup FILE | restore FILE");
            return 2;
        }
        Path file = Path.of(arguments.get(1)).toAbsolutePath().normalize();
        try {
            switch (arguments.getFirst()) {
                case "backup" -> backup(file);
                case "restore" -> restore(file);
                default -> {
                    out.println("Usage: ./caravan backup FILE | restore FILE");
                    return 2;
                }
            }
            return 0;
        } catch (IOException e) {
            throw new BackupException("The " + arguments.getFirst() + " of " + home + " failed: " + reason(e) + ".", e);
        }
    }

    private static String reason(IOException error) {
        String message = String.valueOf(error.getMessage());
        return message.contains("No space left") ? "the disk is full; free some space and try again" : message;
    }

    private void backup(Path archive) throws IOException {
        Path folder = archive.getParent();
        if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(archive)) {
            throw new BackupException(archive + " cannot be written: name a file in a folder that exists.");
        }
        if (!Files.isDirectory(home.resolve("postgres"))
                && environment.getOrDefault("CARAVAN_DB_URL", "").isBlank()) {
            throw new BackupException("There is nothing to back up in " + home + ": Caravan has not run there yet.");
        }
        Path work = Files.createTempDirectory(home, "backup-");
        try (BackupDatabase database = BackupDatabase.open(home, environment)) {
            Path dump = work.resolve(BackupArchive.DATABASE);
            DatabaseDump.dump(database.distribution(), database.address(), dump);
            BackupManifest manifest = BackupArchive.write(archive, dump, files, clock.instant());
            out.printf(
                    Locale.ROOT,
                    "%s: the database and %d files, %d KB%n",
                    archive,
                    manifest.entries().size() - 1,
                    Files.size(archive) / 1024);
        } finally {
            deleteTree(work);
        }
    }

    private void restore(Path archive) throws IOException {
        if (!Files.isRegularFile(archive)) {
            throw new BackupException(
                    "There is no backup " + archive + ": name a file that ./caravan backup has made.");
        }
        Files.createDirectories(home);
        try (FileChannel lock = lockHome()) {
            Path work = Files.createTempDirectory(home, "restore-");
            try {
                BackupManifest manifest = BackupArchive.unpack(archive, work);
                replace(work);
                out.printf(
                        Locale.ROOT,
                        "Restored the backup of %s: the database and %d files%n",
                        manifest.createdAt(),
                        manifest.entries().size() - 1);
            } finally {
                deleteTree(work);
            }
            lock.force(false);
        }
    }

    /** The server's own lock on the home, so that none can start meanwhile either. */
    private FileChannel lockHome() throws IOException {
        FileChannel channel =
                FileChannel.open(home.resolve("caravan.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean free = false;
        try {
            free = channel.tryLock() != null && !EmbeddedPostgres.isHomeInUse(home);
        } catch (OverlappingFileLockException e) {
            throw running(e);
        } finally {
            if (!free) {
                channel.close();
            }
        }
        if (!free) {
            throw running(null);
        }
        return channel;
    }

    private BackupException running(@org.jspecify.annotations.Nullable Throwable cause) {
        String message = "Caravan is running on " + home + ": stop it, then restore.";
        return cause == null ? new BackupException(message) : new BackupException(message, cause);
    }

    /** Files first, since they can be put back; the database is restored whole or not at all. */
    private void replace(Path unpacked) throws IOException {
        Path restored = unpacked.resolve("files");
        Files.createDirectories(restored);
        Path previous = files.resolveSibling(files.getFileName() + ".before-restore");
        deleteTree(previous);
        Files.createDirectories(files);
        Files.move(files, previous, StandardCopyOption.ATOMIC_MOVE);
        boolean done = false;
        try {
            moveTree(restored, files);
            try (BackupDatabase database = BackupDatabase.open(home, environment)) {
                DatabaseDump.restore(
                        database.distribution(), database.address(), unpacked.resolve(BackupArchive.DATABASE));
            }
            done = true;
        } finally {
            if (!done) {
                deleteTree(files);
                Files.move(previous, files, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        deleteTree(previous);
    }

    /** The folder of uploads may be on another disk than the home. */
    private static void moveTree(Path source, Path target) throws IOException {
        try (Stream<Path> paths = Files.walk(source)) {
            for (Path path : paths.toList()) {
                Path destination = target.resolve(source.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(destination);
                } else {
                    Files.move(path, destination);
                }
            }
        }
        if (target.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(target, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
        }
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}

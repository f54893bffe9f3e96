package dev.caravan.postgres;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A database in one file of PostgreSQL's custom format, written and read by the distribution's own tools. Works on the
 * embedded database and on an external one alike, while others use it: a dump shows one moment.
 */
public final class DatabaseDump {

    private static final Duration TIMEOUT = Duration.ofHours(4);

    private DatabaseDump() {}

    /**
     * Writes a dump. The file appears whole or not at all, readable by its owner only.
     *
     * @throws PostgresException when the database cannot be reached or the disk is full
     */
    public static void dump(PostgresDistribution distribution, DatabaseAddress database, Path file) {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        try {
            PostgresDirectories.writePrivate(unfinished, "");
            run(
                    distribution,
                    database,
                    "back up",
                    "pg_dump",
                    List.of(
                            "--format=custom",
                            "--no-owner",
                            "--no-privileges",
                            "--no-password",
                            "--file=" + unfinished));
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw DiskErrors.explain("write the backup of its database", file, e);
        } finally {
            deleteQuietly(unfinished);
        }
    }

    /**
     * Replaces what the schema {@code public} holds by a dump, in one transaction: it is restored whole or left as it was.
     * What was made after the dump, tables of a later version included, is gone afterwards.
     *
     * @throws PostgresException when the file is no dump, the database cannot be reached, or others use it
     */
    public static void restore(PostgresDistribution distribution, DatabaseAddress database, Path file) {
        if (!Files.isReadable(file)) {
            throw new PostgresException("The backup " + file + " does not exist or cannot be read: name another file.");
        }
        Path script = file.resolveSibling(file.getFileName() + ".sql");
        try {
            PostgresDirectories.writePrivate(script, "");
            // As text first: a damaged dump shows before anything is touched, and one transaction can empty the schema.
            run(
                    distribution,
                    database,
                    "read the backup of",
                    "pg_restore",
                    List.of("--no-owner", "--no-privileges", "--file=" + script, file.toString()));
            run(
                    distribution,
                    database,
                    "restore",
                    "psql",
                    List.of(
                            "--no-psqlrc",
                            "--no-password",
                            "--quiet",
                            "--single-transaction",
                            "--set=ON_ERROR_STOP=1",
                            "--output=" + (OperatingSystem.current() == OperatingSystem.WINDOWS ? "NUL" : "/dev/null"),
                            "--command=SET lock_timeout = '30s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public",
                            "--file=" + script));
        } catch (IOException e) {
            throw DiskErrors.explain("restore its database", file, e);
        } finally {
            deleteQuietly(script);
        }
    }

    private static void run(
            PostgresDistribution distribution,
            DatabaseAddress database,
            String action,
            String program,
            List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(distribution.program(program).toString());
        command.addAll(arguments);
        Map<String, String> environment = database.environment();
        Command.Result result = Command.run(command, environment, TIMEOUT);
        if (!result.succeeded()) {
            String reason = result.output()
                    .lines()
                    .filter(line -> line.contains("error"))
                    .findFirst()
                    .orElse(result.lastLine());
            throw new PostgresException("PostgreSQL could not " + action + " the database "
                    + database.database() + " on " + database.host() + ":" + database.port() + ": "
                    + reason.replaceFirst("^.*?error: *", "") + ".");
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // An empty leftover beside the backup does no harm.
            return;
        }
    }
}

package dev.caravan.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL's server process on one data directory: makes the directory, starts the server, recognises one that an
 * earlier JVM left behind, stops it. Not thread-safe: its owner {@link EmbeddedPostgres} takes turns and holds the
 * home's lock.
 */
final class Postmaster {

    static final String USER = "caravan";
    static final String DATABASE = "caravan";
    static final String HOST = "127.0.0.1";

    private static final Logger log = LoggerFactory.getLogger(Postmaster.class);
    private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration INITDB_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(40);
    private static final Duration LEFTOVER_TIMEOUT = Duration.ofSeconds(10);
    private static final long FREE_MEGABYTES_MIN = 150;

    private final PostgresSettings settings;
    private final PostgresDirectories directories;
    private final ServerAccount account;
    private final PostgresDistribution distribution;
    private final String password;

    Postmaster(
            PostgresSettings settings,
            PostgresDirectories directories,
            ServerAccount account,
            PostgresDistribution distribution,
            String password) {
        this.settings = settings;
        this.directories = directories;
        this.account = account;
        this.distribution = distribution;
        this.password = password;
    }

    PostgresDistribution distribution() {
        return distribution;
    }

    /** The process that serves this data directory and answers as ours, if there is one. */
    Optional<PostmasterFile> running() {
        return PostmasterFile.read(directories.data())
                .filter(file -> file.port() > 0 && ProcessTable.isRunning(file.pid()) && isOurs(file.port()));
    }

    /** A process id means nothing by itself (ids are used again), so the server is asked which directory it serves. */
    private boolean isOurs(int port) {
        Command.Result answer = query(port, "postgres", "SHOW data_directory");
        if (!answer.succeeded()) {
            return false;
        }
        try {
            return Path.of(answer.output().strip())
                    .toRealPath()
                    .equals(directories.data().toRealPath());
        } catch (IOException e) {
            return false;
        }
    }

    /** Removes what a server that was killed has left: its last processes and its pid file. */
    void clearLeftovers() throws IOException {
        Optional<PostmasterFile> file = PostmasterFile.read(directories.data());
        if (file.isPresent()
                && ProcessTable.workingIn(directories.data())
                        .contains(file.get().pid())) {
            // Ours, alive, and yet it gave no answer: still recovering, or stuck.
            stop();
        }
        boolean free = Pauses.await(
                LEFTOVER_TIMEOUT,
                () -> ProcessTable.workingIn(directories.data()).isEmpty());
        if (!free) {
            List<Long> pids = ProcessTable.workingIn(directories.data());
            log.warn("event=postgres_leftovers_killed pids={}", pids);
            pids.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            if (!Pauses.await(
                    LEFTOVER_TIMEOUT,
                    () -> ProcessTable.workingIn(directories.data()).isEmpty())) {
                throw new PostgresException("Processes " + pids + " of an earlier PostgreSQL still use "
                        + directories.data() + " and cannot be ended: end them or restart the machine.");
            }
        }
        Files.deleteIfExists(directories.data().resolve(PostmasterFile.NAME));
    }

    /** Makes the data directory if there is none; an interrupted attempt leaves nothing that looks finished. */
    void initialise() throws IOException {
        if (Files.exists(directories.data().resolve("PG_VERSION"))) {
            return;
        }
        if (Files.exists(directories.data())) {
            throw new PostgresException(directories.data() + " exists but is no PostgreSQL data directory: restore it"
                    + " from a backup, or move it away to begin with an empty database.");
        }
        long free = DiskErrors.freeMegabytes(directories.server());
        if (free < FREE_MEGABYTES_MIN) {
            throw new PostgresException("A new database needs " + FREE_MEGABYTES_MIN + " MB but the disk of "
                    + directories.server() + " has " + free + " MB free: free some space and start again.");
        }
        Path unfinished = directories.unfinishedData();
        PostgresWheel.deleteTree(unfinished);
        PostgresDirectories.createPrivate(unfinished);
        Path passwordFile = Files.createTempFile(directories.server(), "initdb", ".password");
        try {
            Files.writeString(passwordFile, password);
            if (account == ServerAccount.NOBODY) {
                PostgresDirectories.giveToNobody(unfinished);
                PostgresDirectories.giveToNobody(passwordFile);
            }
            Command.Result result = Command.run(
                    account.command(
                            distribution.program("initdb").toString(),
                            "--pgdata=" + unfinished,
                            "--username=" + USER,
                            "--auth=scram-sha-256",
                            "--pwfile=" + passwordFile,
                            "--encoding=UTF8",
                            "--locale-provider=builtin",
                            "--locale=C.UTF-8",
                            "--data-checksums"),
                    INITDB_TIMEOUT);
            if (!result.succeeded()) {
                throw failure("make a new database", result.output());
            }
        } finally {
            Files.deleteIfExists(passwordFile);
        }
        Files.move(unfinished, directories.data());
        log.info("event=postgres_data_directory_created path={}", directories.data());
    }

    /**
     * Starts the server and waits until it takes connections.
     *
     * @return false when another process holds the port
     * @throws PostgresException when it does not start for any other reason
     */
    boolean start(int port) throws IOException {
        writeConfiguration();
        long logStart = Files.exists(directories.log()) ? Files.size(directories.log()) : 0;
        Command.Result result = Command.run(
                account.command(
                        distribution.program("pg_ctl").toString(),
                        "start",
                        "--pgdata=" + directories.data(),
                        "--log=" + directories.log(),
                        "--wait",
                        "--timeout=" + settings.startTimeout().toSeconds(),
                        "--silent",
                        "--options=-p " + port),
                settings.startTimeout().plusSeconds(30));
        if (result.succeeded()) {
            return true;
        }
        String reason = logAfter(logStart) + "\n" + result.output();
        if (reason.contains("could not bind") || reason.contains("could not create any TCP/IP sockets")) {
            return false;
        }
        throw failure("start the database", reason);
    }

    void ensureDatabase(int port) {
        Command.Result found =
                query(port, "postgres", "SELECT count(*) FROM pg_database WHERE datname = '" + DATABASE + "'");
        if (found.succeeded() && found.output().strip().equals("0")) {
            found = query(port, "postgres", "CREATE DATABASE " + DATABASE);
        }
        if (!found.succeeded()) {
            throw failure("log in to the database", found.output());
        }
    }

    /** Stops the server: at once but cleanly first, then by force; committed rows are safe either way. */
    void stop() {
        Optional<PostmasterFile> file = PostmasterFile.read(directories.data());
        if (file.isEmpty() || !ProcessTable.isRunning(file.get().pid())) {
            return;
        }
        for (String mode : List.of("fast", "immediate")) {
            Command.run(
                    account.command(
                            distribution.program("pg_ctl").toString(),
                            "stop",
                            "--pgdata=" + directories.data(),
                            "--mode=" + mode,
                            "--wait",
                            "--timeout=" + STOP_TIMEOUT.toSeconds(),
                            "--silent"),
                    STOP_TIMEOUT.plusSeconds(20));
            if (Pauses.await(
                    Duration.ofSeconds(5),
                    () -> !ProcessTable.isRunning(file.get().pid()))) {
                return;
            }
            log.warn("event=postgres_stop_slow mode={}", mode);
        }
        throw new PostgresException(
                "PostgreSQL (process " + file.get().pid() + ") could not be stopped: end it by hand.");
    }

    /** Runs one statement with the command-line client; the output is the bare value. */
    Command.Result query(int port, String database, String sql) {
        return Command.run(
                List.of(
                        distribution.program("psql").toString(),
                        "--no-psqlrc",
                        "--no-password",
                        "--tuples-only",
                        "--no-align",
                        "--set=ON_ERROR_STOP=1",
                        "--command=" + sql),
                address(port).withDatabase(database).environment(),
                QUERY_TIMEOUT);
    }

    DatabaseAddress address(int port) {
        return new DatabaseAddress(HOST, port, DATABASE, USER, password, "disable");
    }

    /**
     * The settings that make the server small and quiet. Written before each start, so that a newer Caravan's apply to
     * older data. Statements and values stay out of the log: they hold people's text.
     */
    private void writeConfiguration() throws IOException {
        Path main = directories.data().resolve("postgresql.conf");
        String include = "include 'caravan.conf'";
        if (!Files.readString(main).contains(include)) {
            Files.writeString(main, "\n" + include + "\n", java.nio.file.StandardOpenOption.APPEND);
        }
        Map<String, String> values = PostgresConfiguration.values(settings);
        List<String> lines = new ArrayList<>(List.of("# Written by Caravan before each start; changes are lost."));
        values.forEach((name, value) -> lines.add(name + " = '" + value + "'"));
        Path file = directories.data().resolve("caravan.conf");
        PostgresDirectories.writePrivate(file, String.join("\n", lines) + "\n");
        if (account == ServerAccount.NOBODY) {
            PostgresDirectories.giveToNobody(file);
        }
    }

    private String logAfter(long start) throws IOException {
        if (!Files.exists(directories.log())) {
            return "";
        }
        try (var in = Files.newInputStream(directories.log())) {
            in.skipNBytes(Math.min(start, Files.size(directories.log())));
            return new String(in.readNBytes(64 * 1024), StandardCharsets.UTF_8);
        }
    }

    private PostgresException failure(String action, String output) {
        if (output.contains("No space left on device")) {
            return new PostgresException("PostgreSQL could not " + action + ": the disk of " + directories.server()
                    + " is full (" + DiskErrors.freeMegabytes(directories.server())
                    + " MB free); free some space and start again.");
        }
        if (output.contains("password authentication failed")) {
            return new PostgresException(
                    "PostgreSQL could not " + action + ": the password in " + directories.password()
                            + " is not the database's; put the right one back, or restore a backup into an empty home.");
        }
        if (output.contains("could not locate a valid checkpoint") || output.contains("invalid checksum")) {
            return new PostgresException("PostgreSQL could not " + action + ": the data in " + directories.data()
                    + " is damaged; restore a backup into an empty home.");
        }
        String reason = output.lines()
                .filter(line -> line.contains("FATAL:") || line.contains("PANIC:") || line.contains("error:"))
                .reduce((first, second) -> second)
                .map(line -> line.replaceFirst("^.*?(FATAL|PANIC|error): *", ""))
                .orElse("it gave no reason");
        return new PostgresException(
                "PostgreSQL could not " + action + ": " + reason.strip() + " (details in " + directories.log() + ").");
    }
}

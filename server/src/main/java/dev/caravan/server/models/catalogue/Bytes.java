package dev.caravan.server.models.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** Hashes, bounded reading, and byte counts for people. */
final class Bytes {

    /** The largest catalogue, manifest or answer of a hub that is read. */
    static final int JSON_BYTES_MAX = 4 * 1024 * 1024;

    private Bytes() {}

    static String sha256(Path file) throws IOException {
        return hash(file, digest("SHA-256"));
    }

    /** What git calls a file's bytes: SHA-1 of a short header and the bytes. */
    static String gitHash(Path file) throws IOException {
        MessageDigest digest = digest("SHA-1");
        digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
        return hash(file, digest);
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hash(Path file, MessageDigest digest) throws IOException {
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static byte[] readBounded(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return readBounded(in, file.toString());
        }
    }

    static byte[] readBounded(InputStream in, String what) throws IOException {
        byte[] bytes = in.readNBytes(JSON_BYTES_MAX + 1);
        if (bytes.length > JSON_BYTES_MAX) {
            throw new IOException(what + " is larger than " + human(JSON_BYTES_MAX));
        }
        return bytes;
    }

    /** 253000000 as {@code 253 MB}. */
    static String human(long bytes) {
        return bytes < 1_000_000_000L
                ? String.format(Locale.ROOT, "%d MB", Math.round(bytes / 1e6))
                : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}

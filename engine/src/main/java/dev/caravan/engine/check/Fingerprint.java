package dev.caravan.engine.check;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The SHA-256 of a model's files. */
final class Fingerprint {

    private static final String SUBJECT = "SHA-256";

    private Fingerprint() {}

    /** The finding with the hash of one file, or of each of several. */
    static Finding of(List<Path> files) {
        try {
            if (files.size() == 1) {
                return Finding.ok(SUBJECT, sha256(files.getFirst()));
            }
            List<String> lines = new ArrayList<>();
            for (Path file : files) {
                lines.add(sha256(file) + "  " + file.getFileName());
            }
            return Finding.ok(SUBJECT, "of %d files".formatted(lines.size())).with(lines);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + files, failure);
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}

package dev.caravan.server.files;

import java.time.Instant;

/**
 * An uploaded file.
 *
 * @param filename the name that the person gave it, without directories, in Unicode's composed form
 * @param bytes its size, at least 1
 * @param sha256 of its bytes, in lower-case hexadecimal
 */
public record StoredFile(String id, String filename, String purpose, long bytes, String sha256, Instant createdAt) {}

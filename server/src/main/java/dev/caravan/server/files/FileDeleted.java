package dev.caravan.server.files;

/** A file is being deleted; listeners take part in the same transaction. */
public record FileDeleted(String fileId) {}

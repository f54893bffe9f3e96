package dev.caravan.server.files;

/** A file is being deleted; a listener that fails keeps the file. */
public record FileDeleted(String fileId) {}

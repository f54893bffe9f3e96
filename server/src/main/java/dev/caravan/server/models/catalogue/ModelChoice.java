package dev.caravan.server.models.catalogue;

import java.nio.file.Path;

/**
 * The model to use.
 *
 * @param id what the server calls it; for a file that is in no catalogue, the file's name without its ending
 * @param file what is loaded
 * @param reason why this one, in a sentence
 */
public record ModelChoice(String id, Path file, String reason) {}

package dev.caravan.server.models.catalogue;

import dev.caravan.engine.QuantizationConfig;
import java.nio.file.Path;

/**
 * The model to use.
 *
 * @param id what the server calls it; for a file that is in no catalogue, the file's name without its ending
 * @param file what is loaded: a file or a folder
 * @param quantization how it is quantised on the way
 * @param reason why this one, in a sentence
 */
public record ModelChoice(String id, Path file, QuantizationConfig quantization, String reason) {}

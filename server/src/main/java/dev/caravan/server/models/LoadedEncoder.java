package dev.caravan.server.models;

import dev.caravan.engine.TextEncoder;
import java.time.Instant;

/**
 * An embedding model that answers.
 *
 * @param created when its file was written
 */
public record LoadedEncoder(String id, TextEncoder encoder, Instant created) {}

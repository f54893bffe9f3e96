/**
 * JSON of a checkpoint's side files (config.json, tokenizer_config.json, headers): plain values read with limits, and
 * errors that name file and key. Entry: {@link dev.caravan.engine.format.json.JsonObject}. Uses jackson-core's
 * streaming parser (ADR 5) and nothing of the engine.
 */
@NullMarked
package dev.caravan.engine.format.json;

import org.jspecify.annotations.NullMarked;

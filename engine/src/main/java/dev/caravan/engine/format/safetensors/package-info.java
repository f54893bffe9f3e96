/**
 * The safetensors container: one memory-mapped file, or several with an index, with bitsandbytes' 4- and 8-bit weights
 * put together. Entries: {@link dev.caravan.engine.format.safetensors.SafetensorsFile} for one file, {@link
 * dev.caravan.engine.format.safetensors.SafetensorsModel} for a model's folder. Uses {@code tensor}, {@code quant} and
 * {@code format.json}.
 */
@NullMarked
package dev.caravan.engine.format.safetensors;

import org.jspecify.annotations.NullMarked;

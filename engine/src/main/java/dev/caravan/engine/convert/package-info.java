/**
 * Converts decoders between safetensors, bitsandbytes' 4 and 8 bits and GGUF, tensor by tensor. Entry: {@link
 * dev.caravan.engine.convert.ModelConversion}. Uses {@code format}, {@code quant}, {@code model} and {@code tokenizer};
 * nothing of the engine uses this package.
 */
@NullMarked
package dev.caravan.engine.convert;

import org.jspecify.annotations.NullMarked;

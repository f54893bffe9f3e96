/**
 * The packed 4-bit file of multilingual-e5-small: sizes, vocabulary, weights. Entry: {@link
 * dev.caravan.engine.format.e5.E5File}. Uses the tensor and tokenizer packages.
 */
@NullMarked
package dev.caravan.engine.format.e5;

import org.jspecify.annotations.NullMarked;

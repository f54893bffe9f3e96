/**
 * The packed 4-bit file of multilingual-e5-small: sizes, vocabulary, weights. Entry: {@link
 * dev.caravan.engine.format.e5.E5File}. Under transformers' names: {@link
 * dev.caravan.engine.format.e5.E5Checkpoint}. Uses the tensor, tokenizer, format and json packages.
 */
@NullMarked
package dev.caravan.engine.format.e5;

import org.jspecify.annotations.NullMarked;

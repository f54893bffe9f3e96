/**
 * Text to token ids and back, equal to the reference of each family. Entry: {@link dev.caravan.engine.tokenizer.Tokenizer}; it
 * comes from a folder in Hugging Face's format ({@link dev.caravan.engine.tokenizer.TokenizerJson}) or from a GGUF file
 * ({@link dev.caravan.engine.tokenizer.GgufTokenizers}). Uses the readers of these formats and nothing else of the engine.
 */
@NullMarked
package dev.caravan.engine.tokenizer;

import org.jspecify.annotations.NullMarked;

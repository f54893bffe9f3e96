/** Text to token ids and back, equal to the reference of each family. Entry: {@link dev.caravan.engine.tokenizer.Tokenizer}. */
@NullMarked
package dev.caravan.engine.tokenizer;

import org.jspecify.annotations.NullMarked;

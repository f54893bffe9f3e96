/** Tokens from a model: sampling, stop conditions, sessions. Entry: {@link dev.caravan.engine.LanguageModel}. */
@NullMarked
package dev.caravan.engine.generate;

import org.jspecify.annotations.NullMarked;

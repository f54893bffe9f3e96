/**
 * Tokens from a model: sampling, stop conditions, requests that share passes and prompts. Entry: {@link
 * dev.caravan.engine.generate.BatchScheduler}, behind {@link dev.caravan.engine.LanguageModel}.
 */
@NullMarked
package dev.caravan.engine.generate;

import org.jspecify.annotations.NullMarked;

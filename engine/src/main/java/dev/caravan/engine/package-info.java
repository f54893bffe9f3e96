/**
 * The engine's public face: {@link dev.caravan.engine.LanguageModel} and {@link dev.caravan.engine.TextEncoder}. Plain
 * Java; it knows nothing of Spring, databases or LangChain4j.
 */
@NullMarked
package dev.caravan.engine;

import org.jspecify.annotations.NullMarked;

/**
 * LangChain4j's chat, streaming and embedding models on Caravan's engine. Entry: {@link
 * dev.caravan.langchain4j.CaravanChatModel}, {@link dev.caravan.langchain4j.CaravanStreamingChatModel}, {@link
 * dev.caravan.langchain4j.CaravanEmbeddingModel}. Uses the engine's public face and LangChain4j's core, nothing else.
 */
@NullMarked
package dev.caravan.langchain4j;

import org.jspecify.annotations.NullMarked;

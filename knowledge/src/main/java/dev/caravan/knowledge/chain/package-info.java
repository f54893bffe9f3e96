/**
 * The RAG chain: retrieve, number passages within a token budget, prompt, stream, attribute, cite. Entry type:
 * {@link dev.caravan.knowledge.chain.RagChain}, assembled from LangChain4j parts.
 */
@NullMarked
package dev.caravan.knowledge.chain;

import org.jspecify.annotations.NullMarked;

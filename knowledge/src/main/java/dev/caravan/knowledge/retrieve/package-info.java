/**
 * Finds segments: dense and lexical search in PostgreSQL, joined by reciprocal rank fusion. Entry type:
 * {@link dev.caravan.knowledge.retrieve.HybridRetriever}; also as a LangChain4j content retriever.
 */
@NullMarked
package dev.caravan.knowledge.retrieve;

import org.jspecify.annotations.NullMarked;

/** OpenAI's embeddings, on the embedding model in service. */
@NullMarked
package dev.caravan.server.embeddings;

import org.jspecify.annotations.NullMarked;

/**
 * OpenAI's vector stores: their files, the ingestion jobs and the search. Entry: {@link
 * dev.caravan.server.vectorstores.VectorStoreService}.
 */
@NullMarked
package dev.caravan.server.vectorstores;

import org.jspecify.annotations.NullMarked;

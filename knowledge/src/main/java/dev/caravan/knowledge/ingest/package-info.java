/**
 * Parse, split, embed, store: one transaction per document, keyed by content hash. Entry type:
 * {@link dev.caravan.knowledge.ingest.Ingestion}.
 */
@NullMarked
package dev.caravan.knowledge.ingest;

import org.jspecify.annotations.NullMarked;

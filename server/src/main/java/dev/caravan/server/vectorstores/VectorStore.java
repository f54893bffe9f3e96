package dev.caravan.server.vectorstores;

import java.time.Instant;
import java.util.Map;

/**
 * A vector store with the states of its files counted.
 *
 * @param usageBytes the sizes of its ingested files together
 */
record VectorStore(
        String id,
        String name,
        String description,
        Map<String, String> metadata,
        Instant createdAt,
        Instant lastActiveAt,
        FileCounts counts,
        long usageBytes) {

    /** How many files are in which state. */
    record FileCounts(int inProgress, int completed, int failed, int cancelled, int total) {}
}

package dev.caravan.server.vectorstores;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file in a vector store.
 *
 * @param status {@code in_progress}, {@code completed}, {@code failed} or {@code cancelled}
 * @param stage what its job is doing, or null
 * @param progress 0 to 1
 * @param documentHash of the ingested document, or null before
 * @param attempts runs of its job so far
 */
record VectorStoreFile(
        String vectorStoreId,
        String fileId,
        String filename,
        long bytes,
        Map<String, Object> attributes,
        String status,
        @Nullable String stage,
        double progress,
        @Nullable String errorCode,
        @Nullable String errorMessage,
        @Nullable String documentHash,
        int attempts,
        Instant createdAt) {}

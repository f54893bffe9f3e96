package dev.caravan.server.vectorstores;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OpenAI's objects of vector stores, as they stand on the wire. */
final class VectorStoreObjects {

    private VectorStoreObjects() {}

    record StoreObject(
            String id,
            String object,
            long createdAt,
            String name,
            String description,
            long usageBytes,
            VectorStore.FileCounts fileCounts,
            String status,
            @Nullable Object expiresAfter,
            @Nullable Long expiresAt,
            long lastActiveAt,
            Map<String, String> metadata) {

        static StoreObject of(VectorStore store) {
            return new StoreObject(
                    store.id(),
                    "vector_store",
                    store.createdAt().getEpochSecond(),
                    store.name(),
                    store.description(),
                    store.usageBytes(),
                    store.counts(),
                    store.counts().inProgress() > 0 ? "in_progress" : "completed",
                    null,
                    null,
                    store.lastActiveAt().getEpochSecond(),
                    store.metadata());
        }
    }

    record LastError(String code, String message) {}

    record ChunkingStrategy(String type) {}

    /** With the extensions {@code filename}, {@code bytes}, {@code stage}, {@code progress}, {@code document_hash}. */
    record FileObject(
            String id,
            String object,
            long usageBytes,
            long createdAt,
            String vectorStoreId,
            String status,
            @Nullable LastError lastError,
            ChunkingStrategy chunkingStrategy,
            Map<String, Object> attributes,
            String filename,
            long bytes,
            @Nullable String stage,
            double progress,
            @Nullable String documentHash) {

        static FileObject of(VectorStoreFile file) {
            return new FileObject(
                    file.fileId(),
                    "vector_store.file",
                    file.status().equals("completed") ? file.bytes() : 0,
                    file.createdAt().getEpochSecond(),
                    file.vectorStoreId(),
                    file.status(),
                    file.errorCode() == null || file.errorMessage() == null
                            ? null
                            : new LastError(file.errorCode(), file.errorMessage()),
                    new ChunkingStrategy("other"),
                    file.attributes(),
                    file.filename(),
                    file.bytes(),
                    file.stage(),
                    file.progress(),
                    file.documentHash());
        }
    }
}

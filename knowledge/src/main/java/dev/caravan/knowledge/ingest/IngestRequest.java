package dev.caravan.knowledge.ingest;

import java.nio.file.Path;

/**
 * A file to put into a vector store.
 *
 * @param vectorStoreId the store that it joins
 * @param fileId the uploaded file's id
 * @param filename the name that the person gave it
 * @param content where its bytes are
 */
public record IngestRequest(String vectorStoreId, String fileId, String filename, Path content) {

    public IngestRequest {
        if (vectorStoreId.isBlank() || fileId.isBlank() || filename.isBlank()) {
            throw new IllegalArgumentException("vector store id, file id and file name must not be blank");
        }
    }
}

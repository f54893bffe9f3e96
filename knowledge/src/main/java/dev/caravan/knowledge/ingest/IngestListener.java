package dev.caravan.knowledge.ingest;

/**
 * Hears how far an ingestion is. Called on the ingesting thread; an exception thrown here cancels the ingestion and
 * leaves nothing stored.
 */
@FunctionalInterface
public interface IngestListener {

    /**
     * Reports progress.
     *
     * @param stage the step that is running
     * @param done units of this stage that are finished (segments while embedding, otherwise 0 or 1)
     * @param total units of this stage altogether, at least 1
     */
    void onProgress(IngestStage stage, int done, int total);
}

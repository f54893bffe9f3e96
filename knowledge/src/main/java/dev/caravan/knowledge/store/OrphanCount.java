package dev.caravan.knowledge.store;

/**
 * Rows that belong to nothing; after every ingestion and removal all four are zero.
 *
 * @param documents documents that no file holds
 * @param segments segments without their document
 * @param vectors vectors without their segment
 * @param terms terms without their segment
 */
public record OrphanCount(long documents, long segments, long vectors, long terms) {

    /** Whether there are none. */
    public boolean isZero() {
        return documents == 0 && segments == 0 && vectors == 0 && terms == 0;
    }
}

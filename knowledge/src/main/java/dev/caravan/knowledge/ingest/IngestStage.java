package dev.caravan.knowledge.ingest;

import java.util.Locale;

/** The steps of an ingestion, in order. */
public enum IngestStage {
    PARSING,
    SPLITTING,
    EMBEDDING,
    STORING;

    /** The stage as the HTTP interface spells it, such as {@code parsing}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}

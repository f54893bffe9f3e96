package dev.caravan.knowledge.store;

import java.util.Optional;
import javax.sql.DataSource;

/** Reads parts of stored documents, to show a passage in its place. Thread-safe. */
public final class DocumentTexts {

    private final DataSource dataSource;

    public DocumentTexts(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /**
     * The text around a span.
     *
     * @param start first UTF-16 code unit of the span
     * @param end end of the span, exclusive
     * @param contextCharacters how much to add before and after
     * @return empty if the document is no longer stored
     */
    public Optional<TextWindow> window(String documentHash, int start, int end, int contextCharacters) {
        return dev.caravan.knowledge.Unfinished.body(dataSource, documentHash, start, end, contextCharacters);
    }
}

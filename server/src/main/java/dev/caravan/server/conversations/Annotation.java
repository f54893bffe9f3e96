package dev.caravan.server.conversations;

import org.jspecify.annotations.Nullable;

/**
 * A citation on the wire and in the database: a span of an answer and the passage that supports it.
 *
 * @param type always {@code file_citation}
 * @param index the [n] shown
 * @param quote a verbatim substring of the document
 * @param startIndex first Unicode code point of the answer's span
 * @param endIndex end of that span, exclusive
 * @param documentStart first UTF-16 code unit of the quote in the document's text
 * @param documentEnd end of the quote, exclusive
 */
public record Annotation(
        String type,
        int index,
        String fileId,
        String filename,
        @Nullable Integer page,
        @Nullable Integer paragraph,
        String quote,
        int startIndex,
        int endIndex,
        String documentHash,
        int documentStart,
        int documentEnd) {

    /** {@link #type()} of every citation. */
    public static final String FILE_CITATION = "file_citation";
}

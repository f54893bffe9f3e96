package dev.caravan.knowledge.chain;

import org.jspecify.annotations.Nullable;

/**
 * A span of the answer and the sentence of a document that supports it.
 *
 * @param index the [n] shown, from 1 by first appearance in the answer
 * @param fileId file of the document
 * @param filename name of that file
 * @param documentHash content hash of the document
 * @param page page of the quote, for formats that have pages
 * @param paragraph paragraph of the quote, for the others
 * @param quote verbatim substring of the document's text
 * @param startIndex first Unicode code point of the supported span in the answer's content
 * @param endIndex end of that span, exclusive, in code points
 * @param documentStart first UTF-16 code unit of the quote in the document's text
 * @param documentEnd end of the quote, exclusive
 */
public record Citation(
        int index,
        String fileId,
        String filename,
        String documentHash,
        @Nullable Integer page,
        @Nullable Integer paragraph,
        String quote,
        int startIndex,
        int endIndex,
        int documentStart,
        int documentEnd) {

    public Citation {
        if (index < 1 || startIndex < 0 || endIndex <= startIndex || documentEnd - documentStart != quote.length()) {
            throw new IllegalArgumentException("citation " + index + " has spans that do not fit: answer " + startIndex
                    + ".." + endIndex + ", document " + documentStart + ".." + documentEnd);
        }
    }
}

package dev.caravan.knowledge.retrieve;

import org.jspecify.annotations.Nullable;

/**
 * A segment that a search found.
 *
 * @param segmentId id of the segment, stable until its document is split anew
 * @param vectorStoreId the store through which it was found
 * @param fileId the file in that store
 * @param filename that file's name
 * @param documentHash the document's content hash
 * @param start first UTF-16 code unit of the segment in the document's text
 * @param end end of the segment, exclusive
 * @param text the segment, a verbatim substring of the document's text
 * @param page page on which it starts, for formats that have pages
 * @param paragraph paragraph in which it starts, for the others
 * @param score fused rank score, 0 to 1; 1 is first in the dense and in the lexical search
 * @param denseRank rank from 1 in the dense search, if it was among its candidates
 * @param lexicalRank rank from 1 in the lexical search, if it was among its candidates
 */
public record RetrievedSegment(
        long segmentId,
        String vectorStoreId,
        String fileId,
        String filename,
        String documentHash,
        int start,
        int end,
        String text,
        @Nullable Integer page,
        @Nullable Integer paragraph,
        double score,
        @Nullable Integer denseRank,
        @Nullable Integer lexicalRank) {

    public RetrievedSegment {
        if (start < 0 || end - start != text.length()) {
            throw new IllegalArgumentException(
                    "span " + start + ".." + end + " does not fit a text of " + text.length() + " UTF-16 code units");
        }
    }
}

package dev.caravan.knowledge.retrieve;

import java.util.List;

/**
 * A search over vector stores.
 *
 * @param vectorStoreIds the stores to look in; none finds nothing
 * @param query the question, as a person wrote it
 * @param maxResults at most this many segments, 1 to 50
 */
public record SearchRequest(List<String> vectorStoreIds, String query, int maxResults) {

    /** The most results that one search returns. */
    public static final int MAX_RESULTS = 50;

    public SearchRequest {
        vectorStoreIds = List.copyOf(vectorStoreIds);
        if (maxResults < 1 || maxResults > MAX_RESULTS) {
            throw new IllegalArgumentException("maxResults is " + maxResults + "; it must be 1 to " + MAX_RESULTS);
        }
    }
}

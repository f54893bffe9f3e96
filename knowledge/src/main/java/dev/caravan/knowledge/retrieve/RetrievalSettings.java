package dev.caravan.knowledge.retrieve;

/**
 * How a search works.
 *
 * @param candidates how many segments each of the two searches contributes
 * @param minimumSimilarity a segment is relevant from this cosine similarity on; depends on the embedding model
 * @param minimumTermCoverage a segment is also relevant if it holds this share of the query's terms, weighted by their
 *     rarity
 */
public record RetrievalSettings(int candidates, double minimumSimilarity, double minimumTermCoverage) {

    public RetrievalSettings {
        if (candidates < 1 || candidates > 1000) {
            throw new IllegalArgumentException("candidates is " + candidates + "; it must be 1 to 1000");
        }
    }

    /**
     * 50 candidates each, and floors for multilingual-e5-small, whose similarities lie close together. Measured on the 32
     * passages of the retrieval test: the best passage for 12 unrelated questions reached 0.74 to 0.83; the right passage
     * for 40 questions 0.85 to 0.93, but for two (0.82) that name a code, which the lexical search finds.
     */
    public static RetrievalSettings defaults() {
        return new RetrievalSettings(50, 0.84, 0.3);
    }
}

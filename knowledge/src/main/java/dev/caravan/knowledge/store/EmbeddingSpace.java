package dev.caravan.knowledge.store;

/**
 * The vectors of one embedding model; only vectors of the same space are compared.
 *
 * @param modelId the model's id
 * @param dimensions length of its vectors
 */
public record EmbeddingSpace(String modelId, int dimensions) {

    /** pgvector's halfvec holds and indexes no more. */
    public static final int MAX_DIMENSIONS = 4000;

    public EmbeddingSpace {
        if (modelId.isBlank() || dimensions < 1 || dimensions > MAX_DIMENSIONS) {
            throw new IllegalArgumentException("embedding model '" + modelId + "' with " + dimensions
                    + " dimensions cannot be stored; 1 to " + MAX_DIMENSIONS + " dimensions can");
        }
    }
}

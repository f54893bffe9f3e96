package dev.caravan.engine.format.e5;

/**
 * The encoder's sizes, by the names of the checkpoint's config.json.
 *
 * @param hiddenSize the length of a token's state and of a text's vector
 * @param intermediateSize the width inside the feed-forward part
 * @param vocabSize the rows of the word embedding
 * @param maxPositionEmbeddings the longest input in tokens
 * @param layerNormEps added to variances
 */
public record E5Config(
        int hiddenSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int intermediateSize,
        int vocabSize,
        int maxPositionEmbeddings,
        int typeVocabSize,
        float layerNormEps) {

    /** The values of one head. */
    public int headSize() {
        return hiddenSize / numAttentionHeads;
    }
}

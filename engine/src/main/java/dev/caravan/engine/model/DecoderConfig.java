package dev.caravan.engine.model;

import dev.caravan.engine.kernel.AttentionShape;
import dev.caravan.engine.layer.Activations;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;

/**
 * The hyper-parameters that every decoder has; names as in transformers' {@code config.json}.
 *
 * @param maxPositionEmbeddings the longest context that the model was made for, in tokens
 */
public record DecoderConfig(
        String architecture,
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int numKeyValueHeads,
        int headDim,
        int maxPositionEmbeddings,
        float rmsNormEpsilon) {

    /** The values of all query heads of a token. */
    int querySize() {
        return numAttentionHeads * headDim;
    }

    /** The values of all key heads of a token. */
    int keyValueSize() {
        return numKeyValueHeads * headDim;
    }

    /**
     * The attention of a layer.
     *
     * @param window how many tokens a token sees, itself included; 0 is no limit
     */
    AttentionShape attention(float scale, int window) {
        return new AttentionShape(numAttentionHeads, numKeyValueHeads, headDim, scale, true, window);
    }

    /** The sizes of a session's buffers. */
    Activations.Sizes sizes(int maxTokens, int contextTokens) {
        return new Activations.Sizes(
                numHiddenLayers,
                hiddenSize,
                numAttentionHeads,
                numKeyValueHeads,
                headDim,
                intermediateSize,
                maxTokens,
                contextTokens);
    }

    /** The bytes of a pass's buffers when the longest sequence has so many tokens. */
    public long passBytes(int contextTokens) {
        return sizes(DecoderPass.MAX_TOKENS, contextTokens).scratchBytes();
    }

    /**
     * The bytes of {@link KvPagePool#PAGE_TOKENS} tokens' keys and values.
     *
     * @throws IllegalArgumentException if a head does not fill whole blocks of the type
     */
    public long cachePageBytes(KvCacheType type) {
        return sizes(1, 1).cacheShape(type).pageBytes();
    }
}

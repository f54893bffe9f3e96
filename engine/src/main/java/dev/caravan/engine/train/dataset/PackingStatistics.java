package dev.caravan.engine.train.dataset;

/**
 * What packing did.
 *
 * @param paddedTokens the tokens of the same batches if each example were padded to the longest of its batch
 */
public record PackingStatistics(int examples, int batches, long tokens, long learnedTokens, long paddedTokens) {

    /** The tokens of padding that need not be computed. */
    public long paddingSaved() {
        return paddedTokens - tokens;
    }

    /** How full the batches are, from 0 to 1. */
    public double fill(int tokensPerBatch) {
        return batches == 0 ? 0 : (double) tokens / ((double) batches * tokensPerBatch);
    }
}

package dev.caravan.engine;

/**
 * How a language model is loaded.
 *
 * @param threads the threads that compute, the caller's included
 * @param maxContextTokens the longest context that is wanted; the model or the memory may allow less
 * @param memoryBudgetBytes what weights, cache and buffers may take together
 * @param quantization how linear layers are quantised on the way
 */
public record LoadOptions(int threads, int maxContextTokens, long memoryBudgetBytes, QuantizationConfig quantization) {

    /** Enough for a conversation over a few retrieved passages. */
    public static final int DEFAULT_CONTEXT_TOKENS = 4096;

    public LoadOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
        }
        if (maxContextTokens < 1) {
            throw new IllegalArgumentException("maxContextTokens must be 1 or more, got " + maxContextTokens);
        }
    }

    /** With the weights as the file has them. */
    public LoadOptions(int threads, int maxContextTokens, long memoryBudgetBytes) {
        this(threads, maxContextTokens, memoryBudgetBytes, QuantizationConfig.NONE);
    }

    /** These options with another quantisation. */
    public LoadOptions withQuantization(QuantizationConfig other) {
        return new LoadOptions(threads, maxContextTokens, memoryBudgetBytes, other);
    }

    /** All processors, {@link #DEFAULT_CONTEXT_TOKENS}, and the memory that is free now. */
    public static LoadOptions defaults() {
        return new LoadOptions(
                Runtime.getRuntime().availableProcessors(), DEFAULT_CONTEXT_TOKENS, SystemMemory.availableBytes());
    }
}

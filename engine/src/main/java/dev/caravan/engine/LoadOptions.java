package dev.caravan.engine;

import dev.caravan.engine.layer.KvCacheType;

/**
 * How a language model is loaded.
 *
 * @param threads the threads that compute, the caller's included
 * @param maxContextTokens the longest context that is wanted; the model or the memory may allow less
 * @param memoryBudgetBytes what weights, cache and buffers may take together
 * @param quantization how linear layers are quantised on the way
 * @param kvCacheBytes what the keys and values of all running and remembered prompts may take; a full context fits in any
 *     case, and more than the memory budget is never taken. {@link #KV_CACHE_BY_MEMORY} decides by the memory
 * @param kvCacheType how keys and values are kept; Q8_0 takes half of F16's memory
 */
public record LoadOptions(
        int threads,
        int maxContextTokens,
        long memoryBudgetBytes,
        QuantizationConfig quantization,
        long kvCacheBytes,
        KvCacheType kvCacheType) {

    /** Up to four full contexts, as far as a quarter of the memory allows that is left with one. */
    public static final long KV_CACHE_BY_MEMORY = 0;

    /** Enough for a conversation over a few retrieved passages. */
    public static final int DEFAULT_CONTEXT_TOKENS = 4096;

    public LoadOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
        }
        if (maxContextTokens < 1) {
            throw new IllegalArgumentException("maxContextTokens must be 1 or more, got " + maxContextTokens);
        }
        if (kvCacheBytes < 0) {
            throw new IllegalArgumentException("kvCacheBytes must be 0 or more, got " + kvCacheBytes);
        }
    }

    /** With the weights as the file has them. */
    public LoadOptions(int threads, int maxContextTokens, long memoryBudgetBytes) {
        this(
                threads,
                maxContextTokens,
                memoryBudgetBytes,
                QuantizationConfig.NONE,
                KV_CACHE_BY_MEMORY,
                KvCacheType.F16);
    }

    /** These options with another quantisation. */
    public LoadOptions withQuantization(QuantizationConfig other) {
        return new LoadOptions(threads, maxContextTokens, memoryBudgetBytes, other, kvCacheBytes, kvCacheType);
    }

    /** These options with another size of the KV cache. */
    public LoadOptions withKvCacheBytes(long other) {
        return new LoadOptions(threads, maxContextTokens, memoryBudgetBytes, quantization, other, kvCacheType);
    }

    /** These options with another type of the KV cache. */
    public LoadOptions withKvCacheType(KvCacheType other) {
        return new LoadOptions(threads, maxContextTokens, memoryBudgetBytes, quantization, kvCacheBytes, other);
    }

    /** All processors, {@link #DEFAULT_CONTEXT_TOKENS}, and the memory that is free now. */
    public static LoadOptions defaults() {
        return new LoadOptions(
                Runtime.getRuntime().availableProcessors(), DEFAULT_CONTEXT_TOKENS, SystemMemory.availableBytes());
    }
}

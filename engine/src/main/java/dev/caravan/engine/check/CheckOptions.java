package dev.caravan.engine.check;

import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.SystemMemory;

/**
 * How a model is checked.
 *
 * @param load how it is loaded; its context is the one whose memory is counted
 * @param sampleTokens the length of the sample
 */
public record CheckOptions(LoadOptions load, int sampleTokens) {

    private static final int SAMPLE_TOKENS = 32;

    public CheckOptions {
        if (sampleTokens < 1) {
            throw new IllegalArgumentException("sampleTokens must be 1 or more, got " + sampleTokens);
        }
    }

    /** All processors, the memory that is free now, a context of 4,096 tokens and a sample of 32. */
    public static CheckOptions defaults() {
        return new CheckOptions(
                new LoadOptions(
                        Runtime.getRuntime().availableProcessors(),
                        LoadOptions.DEFAULT_CONTEXT_TOKENS,
                        SystemMemory.availableBytes()),
                SAMPLE_TOKENS);
    }

    /** With linear layers quantised on the way. */
    public CheckOptions withQuantization(QuantizationConfig quantization) {
        return new CheckOptions(load.withQuantization(quantization), sampleTokens);
    }
}

package dev.caravan.engine.train.dataset;

/**
 * How examples are packed.
 *
 * @param tokensPerBatch the most tokens of a batch; no example may be longer
 * @param window how many shuffled examples are packed at a time: more of them leave fewer gaps and a less random order
 * @param seed the same seed gives the same batches on every machine
 */
public record PackingOptions(int tokensPerBatch, int window, long seed) {

    public static final int DEFAULT_WINDOW = 1024;
    private static final int MAX_WINDOW = 1 << 16;

    public PackingOptions {
        if (tokensPerBatch < 2) {
            throw new IllegalArgumentException("tokensPerBatch must be 2 or more, got " + tokensPerBatch);
        }
        if (window < 1 || window > MAX_WINDOW) {
            throw new IllegalArgumentException("window must be from 1 to %d, got %d".formatted(MAX_WINDOW, window));
        }
    }

    public PackingOptions(int tokensPerBatch, long seed) {
        this(tokensPerBatch, DEFAULT_WINDOW, seed);
    }
}

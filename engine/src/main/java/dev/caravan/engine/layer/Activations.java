package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;

/**
 * The mutable half of a session: the KV cache and the buffers that a run of tokens passes through, allocated once.
 * Confined to one thread at a time; it owns the cache.
 *
 * <p>Letters: T tokens of the run, H hidden size, Q heads times head size, K key-value heads times head size, F the
 * MLP's inner size.
 */
public final class Activations implements AutoCloseable {

    /**
     * What the buffers are sized by.
     *
     * @param maxTokens the longest run
     * @param contextTokens the most tokens that the cache may hold
     */
    public record Sizes(
            int layers,
            int hidden,
            int heads,
            int kvHeads,
            int headSize,
            int feedForward,
            int maxTokens,
            int contextTokens) {

        /** The bytes of all buffers but the cache. */
        public long scratchBytes() {
            long perToken = 3L * hidden + 2L * heads * headSize + 2L * kvHeads * headSize + 2L * feedForward;
            return Float.BYTES * (perToken * maxTokens + unpackedFloats(contextTokens));
        }

        /** Keys and values of one layer, unpacked. */
        private long unpackedFloats(int positions) {
            return 2L * kvHeads * headSize * positions;
        }

        /** The bytes of the full cache. */
        public long cacheBytes() {
            return KvCache.byteSize(layers, kvHeads, headSize, contextTokens);
        }
    }

    final Kernels kernels;
    final KvCache cache;
    final AttentionScratch.Pool attentionScratch;

    /** The residual stream, [T, H]. */
    final float[] hidden;
    /** A norm's output and the next layer's input, [T, H]. */
    final float[] normed;
    /** What attention or the MLP adds to the residual stream, [T, H]. */
    final float[] projected;
    /** [T, Q]. */
    final float[] query;
    /** [T, K]. */
    final float[] key;
    /** [T, K]. */
    final float[] value;
    /** The heads' outputs before the output projection, [T, Q]. */
    final float[] attended;
    /** [T, F]. */
    final float[] gate;
    /** [T, F]. */
    final float[] up;

    private final int maxTokens;
    private final int keyValueSize;
    private float[] unpackedKeys = new float[0];
    private float[] unpackedValues = new float[0];
    private int start;
    private int tokens;

    public Activations(Kernels kernels, Sizes sizes) {
        this.kernels = kernels;
        this.maxTokens = sizes.maxTokens();
        this.keyValueSize = sizes.kvHeads() * sizes.headSize();
        this.cache = new KvCache(sizes.layers(), sizes.kvHeads(), sizes.headSize(), sizes.contextTokens());
        this.attentionScratch = new AttentionScratch.Pool(sizes.headSize());
        this.hidden = new float[maxTokens * sizes.hidden()];
        this.normed = new float[maxTokens * sizes.hidden()];
        this.projected = new float[maxTokens * sizes.hidden()];
        this.query = new float[maxTokens * sizes.heads() * sizes.headSize()];
        this.key = new float[maxTokens * sizes.kvHeads() * sizes.headSize()];
        this.value = new float[maxTokens * sizes.kvHeads() * sizes.headSize()];
        this.attended = new float[maxTokens * sizes.heads() * sizes.headSize()];
        this.gate = new float[maxTokens * sizes.feedForward()];
        this.up = new float[maxTokens * sizes.feedForward()];
    }

    /** Begins a run of {@code tokens} tokens, the first of which stands at position {@code start}. */
    public void begin(int start, int tokens) {
        if (tokens < 1 || tokens > maxTokens) {
            throw new IllegalArgumentException("a run holds 1 to %d tokens, got %d".formatted(maxTokens, tokens));
        }
        cache.reserve(start + tokens);
        this.start = start;
        this.tokens = tokens;
    }

    /** Makes room for one layer's keys and values of so many positions, growing by doubling up to the whole context. */
    void reserveUnpacked(int positions) {
        if (unpackedKeys.length < positions * keyValueSize) {
            int room = Math.min(Integer.highestOneBit(positions) * 2, Math.max(positions, cache.capacityTokens()));
            unpackedKeys = new float[room * keyValueSize];
            unpackedValues = new float[room * keyValueSize];
        }
    }

    /** One layer's keys, {@code [positions, K]}. */
    float[] unpackedKeys() {
        return unpackedKeys;
    }

    /** One layer's values, {@code [positions, K]}. */
    float[] unpackedValues() {
        return unpackedValues;
    }

    public Kernels kernels() {
        return kernels;
    }

    /** The position of the run's first token. */
    public int start() {
        return start;
    }

    /** The tokens of the run. */
    public int tokens() {
        return tokens;
    }

    /** The longest run. */
    public int maxTokens() {
        return maxTokens;
    }

    /** The residual stream, [T, H]. */
    public float[] hidden() {
        return hidden;
    }

    /** Norms the residual stream into the next layer's input. */
    public void norm(RmsNorm norm) {
        norm.forward(kernels, hidden, normed, tokens);
    }

    /** Norms what will be added to the residual stream, in place. */
    public void normProjected(RmsNorm norm) {
        norm.forward(kernels, projected, projected, tokens);
    }

    /** Adds what attention or the MLP left. */
    public void addProjected(int hiddenSize) {
        kernels.addScaled(1, projected, 0, hidden, 0, tokens * hiddenSize);
    }

    @Override
    public void close() {
        cache.close();
    }
}

package dev.caravan.engine.model;

import dev.caravan.engine.ContextOverflowException;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.BoundAdapter;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One sequence by itself: its tokens so far, their keys and values, and the buffers. Feed tokens, then ask for the
 * logits of the next one. For tests, where a sequence is followed step by step; a server's requests share a model through {@code
 * generate.BatchScheduler}. For one thread at a time; it owns its memory.
 */
public final class Session implements AutoCloseable {
    private final DecoderPass pass;
    private final KvPagePool pool;
    private final KvCache cache;
    private final int[] tokens;
    private final @Nullable BoundAdapter adapter;
    private int length;
    private int lastRow = -1;

    /**
     * An empty session.
     *
     * @param contextTokens the most tokens it can hold
     */
    public Session(Decoder decoder, Kernels kernels, int contextTokens) {
        this(decoder, kernels, contextTokens, KvCacheType.F16);
    }

    /**
     * An empty session.
     *
     * @param contextTokens the most tokens it can hold
     * @param cacheType how keys and values are kept
     */
    public Session(Decoder decoder, Kernels kernels, int contextTokens, KvCacheType cacheType) {
        this(decoder, kernels, contextTokens, cacheType, null, null);
    }

    /**
     * An empty session whose tokens have an adapter.
     *
     * @param contextTokens the most tokens it can hold
     * @param adapter null for the base alone
     */
    public Session(Decoder decoder, Kernels kernels, int contextTokens, @Nullable BoundAdapter adapter) {
        this(decoder, kernels, contextTokens, KvCacheType.F16, null, adapter);
    }

    Session(Decoder decoder, Kernels kernels, int contextTokens, ActivationListener listener) {
        this(decoder, kernels, contextTokens, KvCacheType.F16, listener, null);
    }

    private Session(
            Decoder decoder,
            Kernels kernels,
            int contextTokens,
            KvCacheType cacheType,
            @Nullable ActivationListener listener,
            @Nullable BoundAdapter adapter) {
        this.pass = new DecoderPass(decoder, kernels, contextTokens, listener);
        this.pool = DecoderPass.newPool(decoder, KvPagePool.pagesFor(contextTokens), cacheType);
        this.cache = new KvCache(pool);
        this.tokens = new int[contextTokens];
        this.adapter = adapter;
    }

    public Kernels kernels() {
        return pass.kernels();
    }

    /** The most tokens it can hold. */
    public int contextTokens() {
        return tokens.length;
    }

    /** The tokens it holds. */
    public int length() {
        return length;
    }

    /**
     * Keeps the longest common prefix of its tokens and the prompt and forgets the rest. At least the prompt's last
     * token is left to feed, for its logits. Exact: a key depends on nothing but the tokens up to its own.
     *
     * @return how many of the prompt's tokens are kept
     */
    public int reuse(int[] prompt) {
        int most = Math.min(length, prompt.length - 1);
        int common = 0;
        while (common < most && tokens[common] == prompt[common]) {
            common++;
        }
        length = common;
        lastRow = -1;
        return common;
    }

    /**
     * Feeds {@code source[from .. end - 1]}. A cancelled feed stops between two layers; the tokens of its finished
     * passes stay.
     *
     * @return whether all were fed
     * @throws ContextOverflowException if they do not fit
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public boolean feed(int[] source, int from, int end, BooleanSupplier cancelled) {
        if (length + end - from > tokens.length) {
            throw new ContextOverflowException(length + end - from, tokens.length);
        }
        pass.requireKnown(source, from, end);
        for (int next = from; next < end; next += DecoderPass.MAX_TOKENS) {
            int count = Math.min(end - next, DecoderPass.MAX_TOKENS);
            System.arraycopy(source, next, tokens, length, count);
            if (!cache.reserve(length + count)) {
                throw new IllegalStateException("the pool is smaller than the context");
            }
            if (!pass.run(List.of(new DecoderPass.Part(cache, tokens, length, length + count, adapter)), cancelled)) {
                return false;
            }
            length += count;
            lastRow = count - 1;
        }
        return true;
    }

    /**
     * The logits of the token that follows the last one fed, {@code [vocabulary]}. The array is the session's own: the
     * caller may change it, the next call overwrites it.
     */
    public float[] logits() {
        if (lastRow < 0) {
            throw new IllegalStateException("feed a token before asking for logits");
        }
        return pass.logits(lastRow);
    }

    /** The tokens it holds, as a copy. */
    public int[] tokens() {
        return Arrays.copyOf(tokens, length);
    }

    @Override
    public void close() {
        pool.close();
    }
}

package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.AttentionShape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Causal self-attention with grouped key-value heads (Ainslie et al. 2023) over the session's KV cache, optionally with
 * a sliding window and with norms of queries and keys. Immutable.
 *
 * <p>Two ways by the number of tokens. A prompt's run: the visible keys and values are unpacked once for all its
 * queries. An answer's token: they are unpacked page by page and used while they lie in the processor's cache.
 */
public final class CausalSelfAttention {

    /** Up to so many tokens the cache is read page by page. */
    private static final int FEW_TOKENS = 8;

    /**
     * The projections, and the norms of queries and keys where the family has them.
     *
     * @param query {@code [heads * headSize, hidden]}
     * @param key {@code [keyValueHeads * headSize, hidden]}
     * @param value {@code [keyValueHeads * headSize, hidden]}
     * @param output {@code [hidden, heads * headSize]}
     * @param queryNorm applied to every head before the rotation, or null
     * @param keyNorm applied to every head before the rotation, or null
     */
    public record Weights(
            Linear query,
            Linear key,
            Linear value,
            Linear output,
            @Nullable RmsNorm queryNorm,
            @Nullable RmsNorm keyNorm) {}

    private final int layer;
    private final AttentionShape shape;
    private final Weights weights;

    /**
     * The attention of one layer.
     *
     * @param layer the layer's index in the cache
     * @param shape causal
     */
    public CausalSelfAttention(int layer, AttentionShape shape, Weights weights) {
        if (!shape.causal()) {
            throw new IllegalArgumentException("a decoder's attention must be causal");
        }
        this.layer = layer;
        this.shape = shape;
        this.weights = weights;
    }

    /** From the state's normed to its projected values; the run's keys and values enter the cache. */
    public void forward(Activations state, RotaryEmbedding.Table rotary) {
        int tokens = state.tokens();
        weights.query.forward(state.kernels, state.normed, state.query, tokens);
        weights.key.forward(state.kernels, state.normed, state.key, tokens);
        weights.value.forward(state.kernels, state.normed, state.value, tokens);
        if (weights.queryNorm != null) {
            weights.queryNorm.forward(state.kernels, state.query, state.query, tokens * shape.heads());
        }
        if (weights.keyNorm != null) {
            weights.keyNorm.forward(state.kernels, state.key, state.key, tokens * shape.keyValueHeads());
        }
        rotary.apply(state.query, tokens, shape.heads());
        rotary.apply(state.key, tokens, shape.keyValueHeads());
        for (int t = 0; t < tokens; t++) {
            state.cache.write(layer, state.start() + t, state.key, state.value, t * shape.keyValueSize());
        }
        if (tokens <= FEW_TOKENS) {
            state.kernels.parallel(tokens * shape.keyValueHeads(), task -> attendToken(state, task));
        } else {
            attendRun(state);
        }
        weights.output.forward(state.kernels, state.attended, state.projected, tokens);
    }

    /** The first position that the token at this position sees. */
    private int firstVisible(int position) {
        return shape.window() == 0 ? 0 : Math.max(0, position - shape.window() + 1);
    }

    private void attendRun(Activations state) {
        int firstPage = firstVisible(state.start()) / KvCache.PAGE_TOKENS;
        int firstPosition = firstPage * KvCache.PAGE_TOKENS;
        int positions = state.start() + state.tokens() - firstPosition;
        state.reserveUnpacked(positions);
        int pages = (positions + KvCache.PAGE_TOKENS - 1) / KvCache.PAGE_TOKENS;
        state.kernels.parallel(pages * shape.keyValueHeads(), task -> {
            int page = task / shape.keyValueHeads();
            int head = task % shape.keyValueHeads();
            int first = page * KvCache.PAGE_TOKENS;
            int count = Math.min(KvCache.PAGE_TOKENS, positions - first);
            int offset = first * shape.keyValueSize() + head * shape.headSize();
            AttentionScratch scratch = state.attentionScratch.take();
            KvCache.Rows keys = new KvCache.Rows(state.unpackedKeys(), offset, shape.keyValueSize());
            state.cache.readKeys(layer, head, firstPage + page, count, scratch.half, keys);
            KvCache.Rows values = new KvCache.Rows(state.unpackedValues(), offset, shape.keyValueSize());
            state.cache.readValues(layer, head, firstPage + page, count, scratch.half, values);
            state.attentionScratch.giveBack(scratch);
        });
        state.kernels.attention(
                shape,
                state.query,
                state.unpackedKeys(),
                state.unpackedValues(),
                state.attended,
                state.tokens(),
                state.start() - firstPosition);
    }

    /** One token of the run in all heads that share one key-value head. */
    private void attendToken(Activations state, int task) {
        int token = task / shape.keyValueHeads();
        int head = task % shape.keyValueHeads();
        AttentionScratch scratch = state.attentionScratch.take();
        new Token(state, scratch, token, head).attend();
        state.attentionScratch.giveBack(scratch);
    }

    private final class Token {
        private final Activations state;
        private final AttentionScratch scratch;
        private final int keyValueHead;
        private final int group = shape.heads() / shape.keyValueHeads();
        private final int size = shape.headSize();
        private final int query;
        private final int first;
        private final int end;
        private final float[] scores;

        Token(Activations state, AttentionScratch scratch, int token, int keyValueHead) {
            this.state = state;
            this.scratch = scratch;
            this.keyValueHead = keyValueHead;
            this.query = (token * shape.heads() + keyValueHead * group) * size;
            this.first = firstVisible(state.start() + token);
            this.end = state.start() + token + 1;
            this.scores = scratch.scores(group * (end - first));
        }

        void attend() {
            int positions = end - first;
            int firstPage = first / KvCache.PAGE_TOKENS;
            int lastPage = (end - 1) / KvCache.PAGE_TOKENS;
            for (int page = firstPage; page <= lastPage; page++) {
                score(page);
            }
            for (int head = 0; head < group; head++) {
                state.kernels.softmax(scores, head * positions, positions);
            }
            Arrays.fill(state.attended, query, query + group * size, 0);
            for (int page = firstPage; page <= lastPage; page++) {
                gather(page);
            }
        }

        private void score(int page) {
            int start = page * KvCache.PAGE_TOKENS;
            int to = Math.min(end - start, KvCache.PAGE_TOKENS);
            KvCache.Rows tile = new KvCache.Rows(scratch.tile, 0, size);
            state.cache.readKeys(layer, keyValueHead, page, to, scratch.half, tile);
            for (int head = 0; head < group; head++) {
                int target = head * (end - first) + start - first;
                for (int t = Math.max(first - start, 0); t < to; t++) {
                    float product = state.kernels.dot(state.query, query + head * size, scratch.tile, t * size, size);
                    scores[target + t] = shape.scale() * product;
                }
            }
        }

        private void gather(int page) {
            int start = page * KvCache.PAGE_TOKENS;
            int to = Math.min(end - start, KvCache.PAGE_TOKENS);
            KvCache.Rows tile = new KvCache.Rows(scratch.tile, 0, size);
            state.cache.readValues(layer, keyValueHead, page, to, scratch.half, tile);
            for (int head = 0; head < group; head++) {
                int source = head * (end - first) + start - first;
                for (int t = Math.max(first - start, 0); t < to; t++) {
                    float weight = scores[source + t];
                    state.kernels.addScaled(weight, scratch.tile, t * size, state.attended, query + head * size, size);
                }
            }
        }
    }
}

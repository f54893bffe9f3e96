package dev.caravan.engine.layer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Causal self-attention with grouped key-value heads (Ainslie et al. 2023) over the session's KV cache, optionally with
 * a sliding window and with norms of queries and keys. Immutable.
 *
 * <p>A task takes a few queries of all heads that share a key-value head: {@link AttentionScratch#ROWS} rows. Keys and
 * values are read page by page, once for all rows of the task. Pages lie at fixed positions, so a token's result does
 * not depend on how the prompt was cut into runs.
 */
public final class CausalSelfAttention {

    /**
     * How many heads of which size see how far.
     *
     * @param scale what scores are multiplied with, usually 1 / sqrt(head size)
     * @param window how many tokens a query sees, itself included; {@link #FULL} for all
     */
    public record Shape(int heads, int kvHeads, int headSize, float scale, int window) {

        /** No sliding window. */
        public static final int FULL = Integer.MAX_VALUE;

        public Shape {
            if (heads % kvHeads != 0 || heads / kvHeads > AttentionScratch.ROWS) {
                throw new IllegalArgumentException(
                        "%d heads cannot share %d key-value heads".formatted(heads, kvHeads));
            }
        }
    }

    /**
     * The projections, and the norms of queries and keys where the family has them.
     *
     * @param query {@code [heads * headSize, hidden]}
     * @param key {@code [kvHeads * headSize, hidden]}
     * @param value {@code [kvHeads * headSize, hidden]}
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
    private final Shape shape;
    private final Weights weights;

    /**
     * The attention of one layer.
     *
     * @param layer the layer's index in the cache
     */
    public CausalSelfAttention(int layer, Shape shape, Weights weights) {
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
            weights.queryNorm.forward(state.kernels, state.query, state.query, tokens * shape.heads);
        }
        if (weights.keyNorm != null) {
            weights.keyNorm.forward(state.kernels, state.key, state.key, tokens * shape.kvHeads);
        }
        rotary.apply(state.query, tokens, shape.heads);
        rotary.apply(state.key, tokens, shape.kvHeads);
        for (int t = 0; t < tokens; t++) {
            state.cache.write(layer, state.start() + t, state.key, state.value, t * shape.kvHeads * shape.headSize);
        }
        attend(state);
        weights.output.forward(state.kernels, state.attended, state.projected, tokens);
    }

    private void attend(Activations state) {
        int queriesPerTask = AttentionScratch.ROWS / (shape.heads / shape.kvHeads);
        int tasksPerHead = (state.tokens() + queriesPerTask - 1) / queriesPerTask;
        state.kernels.parallel(tasksPerHead * shape.kvHeads, task -> {
            int first = task / shape.kvHeads * queriesPerTask;
            int end = Math.min(first + queriesPerTask, state.tokens());
            AttentionScratch scratch = state.attentionScratch.take();
            try {
                new Task(state, scratch, task % shape.kvHeads, first, end).run();
            } finally {
                state.attentionScratch.giveBack(scratch);
            }
        });
    }

    /** The queries {@code first .. end - 1} of the run, in all heads that share one key-value head. */
    private final class Task {
        private final Activations state;
        private final AttentionScratch scratch;
        private final int kvHead;
        private final int first;
        private final int end;
        private final int group = shape.heads / shape.kvHeads;
        private final int lowest;
        private final int positions;
        private final float[] scores;

        Task(Activations state, AttentionScratch scratch, int kvHead, int first, int end) {
            this.state = state;
            this.scratch = scratch;
            this.kvHead = kvHead;
            this.first = first;
            this.end = end;
            // The first page that any of the queries sees; scores of position p lie in column p - lowest.
            this.lowest = firstVisible(first) / KvCache.PAGE_TOKENS * KvCache.PAGE_TOKENS;
            this.positions = state.start() + end - lowest;
            this.scores = scratch.scores(positions);
        }

        private int firstVisible(int query) {
            return Math.max(0, state.start() + query - shape.window + 1);
        }

        void run() {
            for (int page = lowest; page < lowest + positions; page += KvCache.PAGE_TOKENS) {
                score(page, Math.min(KvCache.PAGE_TOKENS, lowest + positions - page));
            }
            for (int query = first; query < end; query++) {
                int from = firstVisible(query) - lowest;
                int size = state.start() + query + 1 - lowest - from;
                for (int head = 0; head < group; head++) {
                    state.kernels.softmax(scores, row(query, head) * positions + from, size);
                    Arrays.fill(state.attended, offset(query, head), offset(query, head) + shape.headSize, 0);
                }
            }
            for (int page = lowest; page < lowest + positions; page += KvCache.PAGE_TOKENS) {
                gather(page, Math.min(KvCache.PAGE_TOKENS, lowest + positions - page));
            }
        }

        private int row(int query, int head) {
            return (query - first) * group + head;
        }

        /** Where a head's values lie in the state's query and attended buffers. */
        private int offset(int query, int head) {
            return (query * shape.heads + kvHead * group + head) * shape.headSize;
        }

        private void score(int page, int tokens) {
            int size = shape.headSize;
            state.cache.readKeys(layer, kvHead, page / KvCache.PAGE_TOKENS, tokens, scratch.half, scratch.tile);
            for (int query = first; query < end; query++) {
                int from = Math.max(firstVisible(query) - page, 0);
                int to = Math.min(state.start() + query + 1 - page, tokens);
                for (int head = 0; head < group; head++) {
                    int target = row(query, head) * positions + page - lowest;
                    for (int t = from; t < to; t++) {
                        scores[target + t] = shape.scale
                                * state.kernels.dot(state.query, offset(query, head), scratch.tile, t * size, size);
                    }
                }
            }
        }

        private void gather(int page, int tokens) {
            int size = shape.headSize;
            state.cache.readValues(layer, kvHead, page / KvCache.PAGE_TOKENS, tokens, scratch.half, scratch.tile);
            for (int query = first; query < end; query++) {
                int from = Math.max(firstVisible(query) - page, 0);
                int to = Math.min(state.start() + query + 1 - page, tokens);
                for (int head = 0; head < group; head++) {
                    int source = row(query, head) * positions + page - lowest;
                    for (int t = from; t < to; t++) {
                        state.kernels.addScaled(
                                scores[source + t], scratch.tile, t * size, state.attended, offset(query, head), size);
                    }
                }
            }
        }
    }
}

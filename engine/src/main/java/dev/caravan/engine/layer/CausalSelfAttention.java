package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.AttentionShape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Causal self-attention with grouped key-value heads (Ainslie et al. 2023) over the sequences' KV caches, optionally with
 * a sliding window and with norms of queries and keys. Immutable.
 *
 * <p>Two ways by the number of tokens that a sequence has in the pass. A prompt's run: the visible keys and values are
 * unpacked once for all its queries. An answer's token: they are unpacked page by page and used while they lie in the
 * processor's cache; all such tokens of the pass share the threads.
 */
public final class CausalSelfAttention {

    /** Up to so many tokens the cache is read page by page. */
    private static final int FEW_TOKENS = 8;

    private static final int PAGE = KvPagePool.PAGE_TOKENS;

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

    /** The layer's index in the decoder. */
    int layer() {
        return layer;
    }

    public AttentionShape shape() {
        return shape;
    }

    public Weights weights() {
        return weights;
    }

    /** Whether the run's tokens are computed one by one. */
    static boolean isShort(KvRun run) {
        return run.tokens() <= FEW_TOKENS;
    }

    /** From the state's normed to its projected values; the tokens' keys and values enter their caches. */
    public void forward(Activations state, RotaryEmbedding.Table rotary) {
        int tokens = state.tokens();
        weights.query.forward(state.kernels, state.normed, state.query, tokens);
        weights.key.forward(state.kernels, state.normed, state.key, tokens);
        weights.value.forward(state.kernels, state.normed, state.value, tokens);
        state.addAdapters(layer, Projection.Q_PROJ, Projection.K_PROJ, Projection.V_PROJ);
        if (weights.queryNorm != null) {
            weights.queryNorm.forward(state.kernels, state.query, state.query, tokens * shape.heads());
        }
        if (weights.keyNorm != null) {
            weights.keyNorm.forward(state.kernels, state.key, state.key, tokens * shape.keyValueHeads());
        }
        rotary.apply(state.query, tokens, shape.heads());
        rotary.apply(state.key, tokens, shape.keyValueHeads());
        for (KvRun run : state.runs()) {
            for (int t = 0; t < run.tokens(); t++) {
                int offset = (run.row() + t) * shape.keyValueSize();
                run.cache().write(layer, run.start() + t, state.key, state.value, offset);
            }
        }
        state.kernels.parallel(state.shortRowCount() * shape.keyValueHeads(), task -> attendToken(state, task));
        for (KvRun run : state.runs()) {
            if (!isShort(run)) {
                attendRun(state, run);
            }
        }
        weights.output.forward(state.kernels, state.attended, state.projected, tokens);
        state.addAdapters(layer, Projection.O_PROJ);
    }

    /** The first position that the token at this position sees. */
    private int firstVisible(int position) {
        return shape.window() == 0 ? 0 : Math.max(0, position - shape.window() + 1);
    }

    private void attendRun(Activations state, KvRun run) {
        int firstPage = firstVisible(run.start()) / PAGE;
        int firstPosition = firstPage * PAGE;
        unpack(state, run.cache(), firstPage, run.start() + run.tokens() - firstPosition);
        // The kernel reads and writes from the arrays' beginning.
        boolean isFirst = run.row() == 0;
        int offset = run.row() * shape.querySize();
        int size = run.tokens() * shape.querySize();
        float[] query = isFirst ? state.query : state.runQuery(size);
        float[] attended = isFirst ? state.attended : state.runAttended(size);
        if (!isFirst) {
            System.arraycopy(state.query, offset, query, 0, size);
        }
        state.kernels.attention(
                shape,
                query,
                state.unpackedKeys(),
                state.unpackedValues(),
                attended,
                run.tokens(),
                run.start() - firstPosition);
        if (!isFirst) {
            System.arraycopy(attended, 0, state.attended, offset, size);
        }
    }

    private void unpack(Activations state, KvCache cache, int firstPage, int positions) {
        state.reserveUnpacked(positions);
        int pages = KvPagePool.pagesFor(positions);
        state.kernels.parallel(pages * shape.keyValueHeads(), task -> {
            int page = task / shape.keyValueHeads();
            int head = task % shape.keyValueHeads();
            int first = page * PAGE;
            int count = Math.min(PAGE, positions - first);
            int offset = first * shape.keyValueSize() + head * shape.headSize();
            AttentionScratch scratch = state.attentionScratch.take();
            KvPagePool.Rows keys = new KvPagePool.Rows(state.unpackedKeys(), offset, shape.keyValueSize());
            cache.readKeys(layer, head, firstPage + page, count, scratch, keys);
            KvPagePool.Rows values = new KvPagePool.Rows(state.unpackedValues(), offset, shape.keyValueSize());
            cache.readValues(layer, head, firstPage + page, count, scratch, values);
            state.attentionScratch.giveBack(scratch);
        });
    }

    /** One token in all heads that share one key-value head. */
    private void attendToken(Activations state, int task) {
        int row = state.shortRow(task / shape.keyValueHeads());
        int head = task % shape.keyValueHeads();
        AttentionScratch scratch = state.attentionScratch.take();
        new Token(state, scratch, row, head).attend();
        state.attentionScratch.giveBack(scratch);
    }

    private final class Token {
        private final Activations state;
        private final KvCache cache;
        private final AttentionScratch scratch;
        private final int keyValueHead;
        private final int group = shape.heads() / shape.keyValueHeads();
        private final int size = shape.headSize();
        private final int query;
        private final int first;
        private final int end;
        private final float[] scores;

        Token(Activations state, AttentionScratch scratch, int row, int keyValueHead) {
            KvRun run = state.runOf(row);
            int position = run.start() + row - run.row();
            this.state = state;
            this.cache = run.cache();
            this.scratch = scratch;
            this.keyValueHead = keyValueHead;
            this.query = (row * shape.heads() + keyValueHead * group) * size;
            this.first = firstVisible(position);
            this.end = position + 1;
            this.scores = scratch.scores(group * (end - first));
        }

        void attend() {
            int positions = end - first;
            int firstPage = first / PAGE;
            int lastPage = (end - 1) / PAGE;
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
            int start = page * PAGE;
            int to = Math.min(end - start, PAGE);
            KvPagePool.Rows tile = new KvPagePool.Rows(scratch.tile, 0, size);
            cache.readKeys(layer, keyValueHead, page, to, scratch, tile);
            for (int head = 0; head < group; head++) {
                int target = head * (end - first) + start - first;
                for (int t = Math.max(first - start, 0); t < to; t++) {
                    float product = state.kernels.dot(state.query, query + head * size, scratch.tile, t * size, size);
                    scores[target + t] = shape.scale() * product;
                }
            }
        }

        private void gather(int page) {
            int start = page * PAGE;
            int to = Math.min(end - start, PAGE);
            KvPagePool.Rows tile = new KvPagePool.Rows(scratch.tile, 0, size);
            cache.readValues(layer, keyValueHead, page, to, scratch, tile);
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

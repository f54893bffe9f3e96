package dev.caravan.engine.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * Attention on vectors, in two ways.
 *
 * <p>A few tokens: a task is one query head of one token; scores by plain products, softmax, weighted sum of values.
 *
 * <p>Many tokens: a task is a {@link QueryBlock}, one query head of as many tokens as a tile has columns.
 */
final class VectorAttention {

    private static final int FEW_TOKENS = 8;

    private final WorkerPool pool;
    private final Scratch scratch = new Scratch();

    VectorAttention(WorkerPool pool) {
        this.pool = pool;
    }

    void attend(AttentionShape shape, float[] q, float[] k, float[] v, float[] y, int tokens, int position) {
        int size = shape.headSize();
        boolean fitsLanes = size % Tile.COLUMNS == 0;
        if (tokens <= FEW_TOKENS || !fitsLanes) {
            pool.run(tokens * shape.heads(), task -> {
                int token = task / shape.heads();
                attendOne(shape, q, k, v, y, token, task % shape.heads(), position, tokens);
            });
            return;
        }
        int blocks = (tokens + Tile.COLUMNS - 1) / Tile.COLUMNS;
        // The last blocks see most and go first, so that no thread is left with a long one.
        pool.run(blocks * shape.heads(), task -> {
            int block = blocks - 1 - task / shape.heads();
            float[] work = scratch.borrow(QueryBlock.scratchSize(size));
            new QueryBlock(shape, k, v, work, 0, position, tokens, block * Tile.COLUMNS, task % shape.heads())
                    .attend(q, y);
            scratch.giveBack(work);
        });
    }

    private void attendOne(
            AttentionShape shape,
            float[] q,
            float[] k,
            float[] v,
            float[] y,
            int token,
            int head,
            int position,
            int tokens) {
        int size = shape.headSize();
        int first = shape.firstKey(position + token);
        int end = shape.endKey(position + token, position + tokens);
        int query = token * shape.querySize() + head * size;
        int stride = shape.keyValueSize();
        int keyHead = head / (shape.heads() / shape.keyValueHeads()) * size;
        float[] scores = scratch.borrow(end - first);
        for (int p = first; p < end; p++) {
            scores[p - first] = shape.scale() * VectorMath.dot(q, query, k, p * stride + keyHead, size);
        }
        VectorMath.softmax(scores, 0, end - first);
        weightedSum(scores, end - first, v, first * stride + keyHead, stride, y, query, size);
        scratch.giveBack(scores);
    }

    /** {@code y = Σ_p scores[p] * v[p]}. */
    private static void weightedSum(
            float[] scores, int positions, float[] v, int vOffset, int vStride, float[] y, int yOffset, int size) {
        int i = 0;
        for (; i <= size - 2 * Tile.COLUMNS; i += 2 * Tile.COLUMNS) {
            FloatVector a = Lanes.zero();
            FloatVector b = Lanes.zero();
            FloatVector c = Lanes.zero();
            FloatVector d = Lanes.zero();
            for (int p = 0; p < positions; p++) {
                int from = vOffset + p * vStride + i;
                FloatVector s = Lanes.spread(scores[p]);
                a = s.fma(Lanes.floats(v, from), a);
                b = s.fma(Lanes.floats(v, from + Lanes.COUNT), b);
                c = s.fma(Lanes.floats(v, from + 2 * Lanes.COUNT), c);
                d = s.fma(Lanes.floats(v, from + 3 * Lanes.COUNT), d);
            }
            a.intoArray(y, yOffset + i);
            b.intoArray(y, yOffset + i + Lanes.COUNT);
            c.intoArray(y, yOffset + i + 2 * Lanes.COUNT);
            d.intoArray(y, yOffset + i + 3 * Lanes.COUNT);
        }
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector a = Lanes.zero();
            for (int p = 0; p < positions; p++) {
                a = Lanes.spread(scores[p]).fma(Lanes.floats(v, vOffset + p * vStride + i), a);
            }
            a.intoArray(y, yOffset + i);
        }
        for (; i < size; i++) {
            float sum = 0;
            for (int p = 0; p < positions; p++) {
                sum = Math.fma(scores[p], v[vOffset + p * vStride + i], sum);
            }
            y[yOffset + i] = sum;
        }
    }
}

package dev.caravan.engine.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Attention of one head of {@link Tile#COLUMNS} tokens, which lie in the lanes. It walks over blocks of {@link #KEYS}
 * positions and keeps, for each token, the highest score so far, the sum of exponentials and the weighted sum of values,
 * rescaled when the highest score rises (online softmax: Milakov and Gimelshein 2018; Dao et al. 2022). Nothing of the
 * size tokens x positions exists.
 *
 * <p>The scratch: scores {@code [KEYS, COLUMNS]}, the packed and scaled queries {@code
 * [headSize, COLUMNS]}, the sums of values {@code [COLUMNS, headSize]}, and per token the highest score, the sum of
 * exponentials and the last rescaling.
 */
final class QueryBlock {

    /** Positions of a block of keys; their scores are {@code KEYS * COLUMNS} floats. */
    private static final int KEYS = 256;
    /** Below any score, yet finite: a token that sees nothing of a block keeps it, and {@code -inf - (-inf)} is avoided. */
    private static final float LOWEST = -1e30f;

    private final AttentionShape shape;
    private final float[] k;
    private final float[] v;
    private final float[] scratch;
    private final int position;
    private final int tokens;
    private final int firstToken;
    private final int head;

    /** @param scratch at least {@link #scratchSize} values of any content */
    QueryBlock(
            AttentionShape shape,
            float[] k,
            float[] v,
            float[] scratch,
            int position,
            int tokens,
            int firstToken,
            int head) {
        this.shape = shape;
        this.k = k;
        this.v = v;
        this.scratch = scratch;
        this.position = position;
        this.tokens = tokens;
        this.firstToken = firstToken;
        this.head = head;
    }

    static int scratchSize(int headSize) {
        return (KEYS + 2 * headSize + 3) * Tile.COLUMNS;
    }

    private int queries() {
        return KEYS * Tile.COLUMNS;
    }

    private int sums() {
        return queries() + shape.headSize() * Tile.COLUMNS;
    }

    private int highest() {
        return sums() + shape.headSize() * Tile.COLUMNS;
    }

    private int totals() {
        return highest() + Tile.COLUMNS;
    }

    private int rescale() {
        return totals() + Tile.COLUMNS;
    }

    void attend(float[] q, float[] y) {
        int columns = Math.min(Tile.COLUMNS, tokens - firstToken);
        packQueries(q, columns);
        Arrays.fill(scratch, sums(), highest(), 0);
        Arrays.fill(scratch, highest(), totals(), LOWEST);
        Arrays.fill(scratch, totals(), rescale(), 0);
        int first = shape.firstKey(position + firstToken);
        int end = shape.endKey(position + firstToken + columns - 1, position + tokens);
        for (int key = first; key < end; key += KEYS) {
            int keys = Math.min(KEYS, end - key);
            score(key, keys);
            if (shape.causal() || shape.window() > 0) {
                mask(key, keys);
            }
            exponentials(keys);
            addValues(key, keys);
        }
        store(y, columns);
    }

    private void packQueries(float[] q, int columns) {
        int size = shape.headSize();
        for (int c = 0; c < Tile.COLUMNS; c++) {
            int from = (firstToken + Math.min(c, columns - 1)) * shape.querySize() + head * size;
            for (int i = 0; i < size; i++) {
                scratch[queries() + i * Tile.COLUMNS + c] = q[from + i] * shape.scale();
            }
        }
    }

    private int keyHead() {
        return head / (shape.heads() / shape.keyValueHeads()) * shape.headSize();
    }

    /** Scores of {@code keys} positions; the last tile reaches back over the one before it, with equal results. */
    private void score(int firstKey, int keys) {
        if (keys < Tile.ROWS) {
            scoreFew(firstKey, keys);
            return;
        }
        int stride = shape.keyValueSize();
        for (int r = 0; r < keys; r += Tile.ROWS) {
            int row = Math.min(r, keys - Tile.ROWS);
            int from = (firstKey + row) * stride + keyHead();
            Tile.rowsTimesLanes(scratch, queries(), k, from, stride, shape.headSize(), scratch, row * Tile.COLUMNS);
        }
    }

    private void scoreFew(int firstKey, int keys) {
        int size = shape.headSize();
        for (int r = 0; r < keys; r++) {
            int from = (firstKey + r) * shape.keyValueSize() + keyHead();
            for (int c = 0; c < Tile.COLUMNS; c += Lanes.COUNT) {
                FloatVector sum = Lanes.zero();
                for (int i = 0; i < size; i++) {
                    sum = Lanes.spread(k[from + i]).fma(Lanes.floats(scratch, queries() + i * Tile.COLUMNS + c), sum);
                }
                sum.intoArray(scratch, r * Tile.COLUMNS + c);
            }
        }
    }

    /** Takes out what a token must not see: positions after it, and those that lie outside its window. */
    private void mask(int firstKey, int keys) {
        int firstQuery = position + firstToken;
        int before = shape.before();
        int after = shape.after();
        int farthestBehind = firstQuery + Tile.COLUMNS - 1 - firstKey;
        int farthestAhead = firstKey + keys - 1 - firstQuery;
        if (farthestBehind <= before && farthestAhead <= after) {
            return;
        }
        for (int r = 0; r < keys; r++) {
            for (int c = 0; c < Tile.COLUMNS; c++) {
                int distance = firstQuery + c - (firstKey + r);
                if (distance > before || -distance > after) {
                    scratch[r * Tile.COLUMNS + c] = Float.NEGATIVE_INFINITY;
                }
            }
        }
    }

    /** Scores to exponentials below each token's highest score; what was summed before is rescaled to it. */
    private void exponentials(int keys) {
        for (int c = 0; c < Tile.COLUMNS; c += Lanes.COUNT) {
            FloatVector before = Lanes.floats(scratch, highest() + c);
            FloatVector highs = before;
            for (int r = 0; r < keys; r++) {
                highs = highs.max(Lanes.floats(scratch, r * Tile.COLUMNS + c));
            }
            FloatVector change = VectorMath.exp(before.sub(highs));
            FloatVector total = Lanes.floats(scratch, totals() + c).mul(change);
            for (int r = 0; r < keys; r++) {
                FloatVector e = VectorMath.exp(
                        Lanes.floats(scratch, r * Tile.COLUMNS + c).sub(highs));
                e.intoArray(scratch, r * Tile.COLUMNS + c);
                total = total.add(e);
            }
            highs.intoArray(scratch, highest() + c);
            total.intoArray(scratch, totals() + c);
            change.intoArray(scratch, rescale() + c);
        }
    }

    private void addValues(int firstKey, int keys) {
        int size = shape.headSize();
        int stride = shape.keyValueSize();
        for (int c = 0; c < Tile.COLUMNS; c++) {
            multiply(sums() + c * size, size, scratch[rescale() + c]);
        }
        int from = firstKey * stride + keyHead();
        for (int i = 0; i < size; i += Tile.COLUMNS) {
            for (int c = 0; c < Tile.COLUMNS; c += 4) {
                Tile.addFourTimesLanes(scratch, c, v, from + i, stride, keys, scratch, sums() + c * size + i, size);
            }
        }
    }

    private void multiply(int offset, int size, float factor) {
        for (int i = 0; i < size; i += Lanes.COUNT) {
            Lanes.floats(scratch, offset + i).mul(factor).intoArray(scratch, offset + i);
        }
    }

    private void store(float[] y, int columns) {
        int size = shape.headSize();
        for (int c = 0; c < columns; c++) {
            int to = (firstToken + c) * shape.querySize() + head * size;
            float factor = 1 / scratch[totals() + c];
            for (int i = 0; i < size; i += Lanes.COUNT) {
                Lanes.floats(scratch, sums() + c * size + i).mul(factor).intoArray(y, to + i);
            }
        }
    }
}

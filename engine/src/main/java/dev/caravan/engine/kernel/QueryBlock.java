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
    private final int firstRow;
    private final int position;
    private final int tokens;
    private final int firstToken;
    private final int head;

    /**
     * @param firstRow the row of the first token in the queries and the results, and of position 0 in the keys
     * @param scratch at least {@link #scratchSize} values of any content
     */
    QueryBlock(
            AttentionShape shape,
            float[] k,
            float[] v,
            float[] scratch,
            int firstRow,
            int position,
            int tokens,
            int firstToken,
            int head) {
        this.shape = shape;
        this.k = k;
        this.v = v;
        this.scratch = scratch;
        this.firstRow = firstRow;
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
            int from = (firstRow + key) * shape.keyValueSize() + keyHead();
            Scores.products(scratch, queries(), k, from, shape.keyValueSize(), keys, shape.headSize(), scratch, 0);
            if (shape.causal() || shape.window() > 0) {
                Scores.mask(shape, position + firstToken, key, keys, scratch, 0);
            }
            raise(keys);
            exponentials(keys);
            addValues(key, keys);
        }
        store(y, columns);
    }

    private void packQueries(float[] q, int columns) {
        int size = shape.headSize();
        for (int c = 0; c < Tile.COLUMNS; c++) {
            int from = (firstRow + firstToken + Math.min(c, columns - 1)) * shape.querySize() + head * size;
            for (int i = 0; i < size; i++) {
                scratch[queries() + i * Tile.COLUMNS + c] = q[from + i] * shape.scale();
            }
        }
    }

    private int keyHead() {
        return head / (shape.heads() / shape.keyValueHeads()) * shape.headSize();
    }

    /** Raises each token's highest score to that of the new ones; what was summed before is to be rescaled to it. */
    private void raise(int keys) {
        for (int c = 0; c < Tile.COLUMNS; c += Lanes.COUNT) {
            FloatVector before = Lanes.floats(scratch, highest() + c);
            FloatVector highs = before;
            for (int r = 0; r < keys; r++) {
                highs = highs.max(Lanes.floats(scratch, r * Tile.COLUMNS + c));
            }
            FloatVector change = VectorMath.exp(before.sub(highs));
            highs.intoArray(scratch, highest() + c);
            change.intoArray(scratch, rescale() + c);
        }
    }

    /** Scores to exponentials below each token's highest score. */
    private void exponentials(int keys) {
        for (int c = 0; c < Tile.COLUMNS; c += Lanes.COUNT) {
            FloatVector highs = Lanes.floats(scratch, highest() + c);
            FloatVector total = Lanes.floats(scratch, totals() + c).mul(Lanes.floats(scratch, rescale() + c));
            for (int r = 0; r < keys; r++) {
                FloatVector e = VectorMath.exp(
                        Lanes.floats(scratch, r * Tile.COLUMNS + c).sub(highs));
                e.intoArray(scratch, r * Tile.COLUMNS + c);
                total = total.add(e);
            }
            total.intoArray(scratch, totals() + c);
        }
    }

    private void addValues(int firstKey, int keys) {
        int size = shape.headSize();
        int stride = shape.keyValueSize();
        for (int c = 0; c < Tile.COLUMNS; c++) {
            multiply(sums() + c * size, size, scratch[rescale() + c]);
        }
        int from = (firstRow + firstKey) * stride + keyHead();
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
            int to = (firstRow + firstToken + c) * shape.querySize() + head * size;
            float factor = 1 / scratch[totals() + c];
            for (int i = 0; i < size; i += Lanes.COUNT) {
                Lanes.floats(scratch, sums() + c * size + i).mul(factor).intoArray(y, to + i);
            }
        }
    }

    /** After {@link #attend}: the logarithms of the sums of exponentials of these tokens' scores, {@code [row, heads]}. */
    void logSumExp(float[] y) {
        int columns = Math.min(Tile.COLUMNS, tokens - firstToken);
        for (int c = 0; c < columns; c++) {
            double log = scratch[highest() + c] + Math.log(scratch[totals() + c]);
            y[(firstRow + firstToken + c) * shape.heads() + head] = (float) log;
        }
    }
}

package dev.caravan.engine.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * Scores of a block of keys for {@link Tile#COLUMNS} queries, which lie in the lanes: {@code [keys, COLUMNS]}. The steps
 * that attention and its gradient share.
 */
final class Scores {

    private Scores() {}

    /**
     * {@code out[r][c] = Σ_i k[r][i] * q[i][c]}; the last tile reaches back over the one before it, with equal results.
     *
     * @param q {@code [size, COLUMNS]}
     * @param k row r starts at {@code kOffset + r * stride}
     */
    static void products(
            float[] q, int qOffset, float[] k, int kOffset, int stride, int keys, int size, float[] out, int to) {
        if (keys < Tile.ROWS) {
            productsOfFew(q, qOffset, k, kOffset, stride, keys, size, out, to);
            return;
        }
        for (int r = 0; r < keys; r += Tile.ROWS) {
            int row = Math.min(r, keys - Tile.ROWS);
            Tile.rowsTimesLanes(q, qOffset, k, kOffset + row * stride, stride, size, out, to + row * Tile.COLUMNS);
        }
    }

    private static void productsOfFew(
            float[] q, int qOffset, float[] k, int kOffset, int stride, int keys, int size, float[] out, int to) {
        for (int r = 0; r < keys; r++) {
            int from = kOffset + r * stride;
            for (int c = 0; c < Tile.COLUMNS; c += Lanes.COUNT) {
                FloatVector sum = Lanes.zero();
                for (int i = 0; i < size; i++) {
                    sum = Lanes.spread(k[from + i]).fma(Lanes.floats(q, qOffset + i * Tile.COLUMNS + c), sum);
                }
                sum.intoArray(out, to + r * Tile.COLUMNS + c);
            }
        }
    }

    /** Takes out what a token must not see: positions after it, and those that lie outside its window. */
    static void mask(AttentionShape shape, int firstQuery, int firstKey, int keys, float[] scores, int offset) {
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
                    scores[offset + r * Tile.COLUMNS + c] = Float.NEGATIVE_INFINITY;
                }
            }
        }
    }

    /** Scores to probabilities: {@code exp(score - logSumExp)}, for each token its own. */
    static void probabilities(float[] scores, int offset, int keys, float[] logSumExp, int logOffset) {
        for (int c = 0; c < Tile.COLUMNS; c += Lanes.COUNT) {
            FloatVector log = Lanes.floats(logSumExp, logOffset + c);
            for (int at = offset + c; at < offset + keys * Tile.COLUMNS; at += Tile.COLUMNS) {
                VectorMath.exp(Lanes.floats(scores, at).sub(log)).intoArray(scores, at);
            }
        }
    }

    /** {@code gradients = probabilities * (gradients - delta)}, for each token its own delta. */
    static void gradients(float[] values, int probabilities, int gradients, int keys, float[] deltas, int deltaOffset) {
        for (int c = 0; c < Tile.COLUMNS; c += Lanes.COUNT) {
            FloatVector delta = Lanes.floats(deltas, deltaOffset + c);
            for (int i = c; i < keys * Tile.COLUMNS; i += Tile.COLUMNS) {
                Lanes.floats(values, gradients + i)
                        .sub(delta)
                        .mul(Lanes.floats(values, probabilities + i))
                        .intoArray(values, gradients + i);
            }
        }
    }
}

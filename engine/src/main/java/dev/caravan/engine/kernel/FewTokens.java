package dev.caravan.engine.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * The products of one unpacked row of weights with a few tokens. Four or two tokens at a time, so that a vector of weights is
 * loaded once for all of them; with two sums each, enough to hide an addition's latency. The error against the scalar
 * truth is that of {@link VectorMath#dot}.
 */
final class FewTokens {

    /** Tokens that begin at a multiple of 4096 bytes from each other would share few cache sets. */
    private static final int PADDING = 16;

    private FewTokens() {}

    /** The values of {@link #spread}'s array. */
    static int size(int inputs, int tokens) {
        return Math.multiplyExact(stride(inputs), tokens);
    }

    private static int stride(int inputs) {
        return inputs + PADDING;
    }

    /** Copies {@code x[tokens, inputs]} to rows that do not begin at such distances. */
    static void spread(float[] x, float[] spread, int inputs, int tokens) {
        for (int t = 0; t < tokens; t++) {
            System.arraycopy(x, t * inputs, spread, t * stride(inputs), inputs);
        }
    }

    /** {@code y[t * outputs + output] = row · x[t]} for all tokens t. */
    static void dot(float[] row, int inputs, float[] spread, int tokens, float[] y, int output, int outputs) {
        int stride = stride(inputs);
        int t = 0;
        for (; t + 4 <= tokens; t += 4) {
            dotFour(row, inputs, spread, t * stride, stride, y, t * outputs + output, outputs);
        }
        if (t + 2 <= tokens) {
            dotTwo(row, inputs, spread, t * stride, stride, y, t * outputs + output, outputs);
            t += 2;
        }
        if (t < tokens) {
            y[t * outputs + output] = VectorMath.dot(row, 0, spread, t * stride, inputs);
        }
    }

    private static void dotFour(
            float[] row, int size, float[] x, int xOffset, int stride, float[] y, int yOffset, int yStride) {
        FloatVector a0 = Lanes.zero(), a1 = Lanes.zero(), b0 = Lanes.zero(), b1 = Lanes.zero();
        FloatVector c0 = Lanes.zero(), c1 = Lanes.zero(), d0 = Lanes.zero(), d1 = Lanes.zero();
        int xb = xOffset + stride;
        int xc = xb + stride;
        int xd = xc + stride;
        int i = 0;
        for (; i <= size - Tile.COLUMNS; i += Tile.COLUMNS) {
            FloatVector w0 = Lanes.floats(row, i);
            FloatVector w1 = Lanes.floats(row, i + Lanes.COUNT);
            a0 = w0.fma(Lanes.floats(x, xOffset + i), a0);
            a1 = w1.fma(Lanes.floats(x, xOffset + i + Lanes.COUNT), a1);
            b0 = w0.fma(Lanes.floats(x, xb + i), b0);
            b1 = w1.fma(Lanes.floats(x, xb + i + Lanes.COUNT), b1);
            c0 = w0.fma(Lanes.floats(x, xc + i), c0);
            c1 = w1.fma(Lanes.floats(x, xc + i + Lanes.COUNT), c1);
            d0 = w0.fma(Lanes.floats(x, xd + i), d0);
            d1 = w1.fma(Lanes.floats(x, xd + i + Lanes.COUNT), d1);
        }
        y[yOffset] = Lanes.sum(a0.add(a1)) + rest(row, i, size, x, xOffset);
        y[yOffset + yStride] = Lanes.sum(b0.add(b1)) + rest(row, i, size, x, xb);
        y[yOffset + 2 * yStride] = Lanes.sum(c0.add(c1)) + rest(row, i, size, x, xc);
        y[yOffset + 3 * yStride] = Lanes.sum(d0.add(d1)) + rest(row, i, size, x, xd);
    }

    private static void dotTwo(
            float[] row, int size, float[] x, int xOffset, int stride, float[] y, int yOffset, int yStride) {
        FloatVector a0 = Lanes.zero(), a1 = Lanes.zero(), b0 = Lanes.zero(), b1 = Lanes.zero();
        int xb = xOffset + stride;
        int i = 0;
        for (; i <= size - Tile.COLUMNS; i += Tile.COLUMNS) {
            FloatVector w0 = Lanes.floats(row, i);
            FloatVector w1 = Lanes.floats(row, i + Lanes.COUNT);
            a0 = w0.fma(Lanes.floats(x, xOffset + i), a0);
            a1 = w1.fma(Lanes.floats(x, xOffset + i + Lanes.COUNT), a1);
            b0 = w0.fma(Lanes.floats(x, xb + i), b0);
            b1 = w1.fma(Lanes.floats(x, xb + i + Lanes.COUNT), b1);
        }
        y[yOffset] = Lanes.sum(a0.add(a1)) + rest(row, i, size, x, xOffset);
        y[yOffset + yStride] = Lanes.sum(b0.add(b1)) + rest(row, i, size, x, xb);
    }

    /** The products of the values that fill no two vectors. */
    private static float rest(float[] row, int from, int size, float[] x, int xOffset) {
        float sum = 0;
        for (int i = from; i < size; i++) {
            sum = Math.fma(row[i], x[xOffset + i], sum);
        }
        return sum;
    }
}

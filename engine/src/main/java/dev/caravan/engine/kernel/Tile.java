package dev.caravan.engine.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * The register tiles of the matrix products. Accumulators stay in registers for the whole sum, every loaded vector is
 * used for each row and every spread value for each vector; nothing is summed across lanes.
 */
final class Tile {

    /** Rows of {@link #rowsTimesLanes}: with two vectors each, 12 accumulators, as many as 16 registers allow. */
    static final int ROWS = 6;
    /** Rows of {@link #rowsTimesVector}: as many sums as hide an addition's latency. */
    static final int VECTOR_ROWS = 8;
    /** The columns of a tile: two vectors. */
    static final int COLUMNS = 2 * Lanes.COUNT;

    private Tile() {}

    /**
     * {@code out[r][c] = Σ_k w[r][k] * x[k][c]} for {@link #ROWS} rows r and {@link #COLUMNS} columns c.
     *
     * @param x {@code [steps, COLUMNS]}, packed
     * @param w row r starts at {@code wOffset + r * rowStride}
     */
    static void rowsTimesLanes(
            float[] x, int xOffset, float[] w, int wOffset, int rowStride, int steps, float[] out, int outOffset) {
        FloatVector a0 = Lanes.zero(), a1 = Lanes.zero(), b0 = Lanes.zero(), b1 = Lanes.zero();
        FloatVector c0 = Lanes.zero(), c1 = Lanes.zero(), d0 = Lanes.zero(), d1 = Lanes.zero();
        FloatVector e0 = Lanes.zero(), e1 = Lanes.zero(), f0 = Lanes.zero(), f1 = Lanes.zero();
        int wb = wOffset + rowStride;
        int wc = wb + rowStride;
        int wd = wc + rowStride;
        int we = wd + rowStride;
        int wf = we + rowStride;
        for (int k = 0; k < steps; k++) {
            FloatVector x0 = Lanes.floats(x, xOffset + k * COLUMNS);
            FloatVector x1 = Lanes.floats(x, xOffset + k * COLUMNS + Lanes.COUNT);
            FloatVector v = Lanes.spread(w[wOffset + k]);
            a0 = v.fma(x0, a0);
            a1 = v.fma(x1, a1);
            v = Lanes.spread(w[wb + k]);
            b0 = v.fma(x0, b0);
            b1 = v.fma(x1, b1);
            v = Lanes.spread(w[wc + k]);
            c0 = v.fma(x0, c0);
            c1 = v.fma(x1, c1);
            v = Lanes.spread(w[wd + k]);
            d0 = v.fma(x0, d0);
            d1 = v.fma(x1, d1);
            v = Lanes.spread(w[we + k]);
            e0 = v.fma(x0, e0);
            e1 = v.fma(x1, e1);
            v = Lanes.spread(w[wf + k]);
            f0 = v.fma(x0, f0);
            f1 = v.fma(x1, f1);
        }
        store(a0, a1, out, outOffset);
        store(b0, b1, out, outOffset + COLUMNS);
        store(c0, c1, out, outOffset + 2 * COLUMNS);
        store(d0, d1, out, outOffset + 3 * COLUMNS);
        store(e0, e1, out, outOffset + 4 * COLUMNS);
        store(f0, f1, out, outOffset + 5 * COLUMNS);
    }

    /**
     * {@code out[r][c] = Σ_k w[r][k] * x[k][c]} for {@link #VECTOR_ROWS} rows r and one vector of columns c.
     *
     * @param x {@code [steps, Lanes.COUNT]}, packed
     * @param w row r starts at {@code wOffset + r * rowStride}
     */
    static void rowsTimesVector(float[] x, int xOffset, float[] w, int wOffset, int rowStride, int steps, float[] out) {
        FloatVector a = Lanes.zero(), b = Lanes.zero(), c = Lanes.zero(), d = Lanes.zero();
        FloatVector e = Lanes.zero(), f = Lanes.zero(), g = Lanes.zero(), h = Lanes.zero();
        int wb = wOffset + rowStride;
        int wc = wb + rowStride;
        int wd = wc + rowStride;
        int we = wd + rowStride;
        int wf = we + rowStride;
        int wg = wf + rowStride;
        int wh = wg + rowStride;
        for (int k = 0; k < steps; k++) {
            FloatVector v = Lanes.floats(x, xOffset + k * Lanes.COUNT);
            a = Lanes.spread(w[wOffset + k]).fma(v, a);
            b = Lanes.spread(w[wb + k]).fma(v, b);
            c = Lanes.spread(w[wc + k]).fma(v, c);
            d = Lanes.spread(w[wd + k]).fma(v, d);
            e = Lanes.spread(w[we + k]).fma(v, e);
            f = Lanes.spread(w[wf + k]).fma(v, f);
            g = Lanes.spread(w[wg + k]).fma(v, g);
            h = Lanes.spread(w[wh + k]).fma(v, h);
        }
        a.intoArray(out, 0);
        b.intoArray(out, Lanes.COUNT);
        c.intoArray(out, 2 * Lanes.COUNT);
        d.intoArray(out, 3 * Lanes.COUNT);
        e.intoArray(out, 4 * Lanes.COUNT);
        f.intoArray(out, 5 * Lanes.COUNT);
        g.intoArray(out, 6 * Lanes.COUNT);
        h.intoArray(out, 7 * Lanes.COUNT);
    }

    private static void store(FloatVector low, FloatVector high, float[] out, int offset) {
        low.intoArray(out, offset);
        high.intoArray(out, offset + Lanes.COUNT);
    }

    /**
     * {@code out[q][c] += Σ_k p[k][q] * v[k][c]} for four q and {@link #COLUMNS} columns c: probabilities times values.
     *
     * @param p {@code [steps, COLUMNS]}; the first q stands at {@code pOffset}
     * @param v row k starts at {@code vOffset + k * vStride}
     * @param out row q starts at {@code outOffset + q * outStride}
     */
    static void addFourTimesLanes(
            float[] p,
            int pOffset,
            float[] v,
            int vOffset,
            int vStride,
            int steps,
            float[] out,
            int outOffset,
            int outStride) {
        int outB = outOffset + outStride;
        int outC = outB + outStride;
        int outD = outC + outStride;
        FloatVector a0 = Lanes.floats(out, outOffset), a1 = Lanes.floats(out, outOffset + Lanes.COUNT);
        FloatVector b0 = Lanes.floats(out, outB), b1 = Lanes.floats(out, outB + Lanes.COUNT);
        FloatVector c0 = Lanes.floats(out, outC), c1 = Lanes.floats(out, outC + Lanes.COUNT);
        FloatVector d0 = Lanes.floats(out, outD), d1 = Lanes.floats(out, outD + Lanes.COUNT);
        for (int k = 0; k < steps; k++) {
            FloatVector v0 = Lanes.floats(v, vOffset + k * vStride);
            FloatVector v1 = Lanes.floats(v, vOffset + k * vStride + Lanes.COUNT);
            int pk = pOffset + k * COLUMNS;
            FloatVector s = Lanes.spread(p[pk]);
            a0 = s.fma(v0, a0);
            a1 = s.fma(v1, a1);
            s = Lanes.spread(p[pk + 1]);
            b0 = s.fma(v0, b0);
            b1 = s.fma(v1, b1);
            s = Lanes.spread(p[pk + 2]);
            c0 = s.fma(v0, c0);
            c1 = s.fma(v1, c1);
            s = Lanes.spread(p[pk + 3]);
            d0 = s.fma(v0, d0);
            d1 = s.fma(v1, d1);
        }
        store(a0, a1, out, outOffset);
        store(b0, b1, out, outB);
        store(c0, c1, out, outC);
        store(d0, d1, out, outD);
    }

    /**
     * {@code out[r][c] += Σ_k w[r][k] * x[k][c]} for {@link #ROWS} rows r and {@link #COLUMNS} columns c.
     *
     * @param x row k starts at {@code xOffset + k * xStride}
     * @param w row r starts at {@code wOffset + r * rowStride}
     * @param out row r starts at {@code outOffset + r * outStride}
     */
    static void addRowsTimesLanes(
            float[] x,
            int xOffset,
            int xStride,
            float[] w,
            int wOffset,
            int rowStride,
            int steps,
            float[] out,
            int outOffset,
            int outStride) {
        int ob = outOffset + outStride;
        int oc = ob + outStride;
        int od = oc + outStride;
        int oe = od + outStride;
        int of = oe + outStride;
        FloatVector a0 = Lanes.floats(out, outOffset), a1 = Lanes.floats(out, outOffset + Lanes.COUNT);
        FloatVector b0 = Lanes.floats(out, ob), b1 = Lanes.floats(out, ob + Lanes.COUNT);
        FloatVector c0 = Lanes.floats(out, oc), c1 = Lanes.floats(out, oc + Lanes.COUNT);
        FloatVector d0 = Lanes.floats(out, od), d1 = Lanes.floats(out, od + Lanes.COUNT);
        FloatVector e0 = Lanes.floats(out, oe), e1 = Lanes.floats(out, oe + Lanes.COUNT);
        FloatVector f0 = Lanes.floats(out, of), f1 = Lanes.floats(out, of + Lanes.COUNT);
        int wb = wOffset + rowStride;
        int wc = wb + rowStride;
        int wd = wc + rowStride;
        int we = wd + rowStride;
        int wf = we + rowStride;
        for (int k = 0; k < steps; k++) {
            FloatVector x0 = Lanes.floats(x, xOffset + k * xStride);
            FloatVector x1 = Lanes.floats(x, xOffset + k * xStride + Lanes.COUNT);
            FloatVector v = Lanes.spread(w[wOffset + k]);
            a0 = v.fma(x0, a0);
            a1 = v.fma(x1, a1);
            v = Lanes.spread(w[wb + k]);
            b0 = v.fma(x0, b0);
            b1 = v.fma(x1, b1);
            v = Lanes.spread(w[wc + k]);
            c0 = v.fma(x0, c0);
            c1 = v.fma(x1, c1);
            v = Lanes.spread(w[wd + k]);
            d0 = v.fma(x0, d0);
            d1 = v.fma(x1, d1);
            v = Lanes.spread(w[we + k]);
            e0 = v.fma(x0, e0);
            e1 = v.fma(x1, e1);
            v = Lanes.spread(w[wf + k]);
            f0 = v.fma(x0, f0);
            f1 = v.fma(x1, f1);
        }
        store(a0, a1, out, outOffset);
        store(b0, b1, out, ob);
        store(c0, c1, out, oc);
        store(d0, d1, out, od);
        store(e0, e1, out, oe);
        store(f0, f1, out, of);
    }
}

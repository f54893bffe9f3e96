package dev.caravan.engine.quant;

/** The extreme ones of a block's 32 values. */
final class Extremes {
    private static final int BLOCK = 32;

    private Extremes() {}

    /** The first value of the greatest magnitude, with its sign. */
    static float ofMagnitude(float[] x, int from) {
        float extreme = x[from];
        for (int i = from + 1; i < from + BLOCK; i++) {
            extreme = Math.abs(x[i]) > Math.abs(extreme) ? x[i] : extreme;
        }
        return extreme;
    }

    static float least(float[] x, int from) {
        float least = x[from];
        for (int i = from + 1; i < from + BLOCK; i++) {
            least = Math.min(least, x[i]);
        }
        return least;
    }

    static float greatest(float[] x, int from) {
        float greatest = x[from];
        for (int i = from + 1; i < from + BLOCK; i++) {
            greatest = Math.max(greatest, x[i]);
        }
        return greatest;
    }
}

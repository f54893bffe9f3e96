package dev.caravan.engine.quant;

/**
 * The least-squares fit of values by {@code scale * code} with codes -32 … 31: what a sub-block of Q6_K needs. As {@link
 * AffineFit}, without a minimum: of {@value #TRIALS} first scales, around the one that gives the value of the greatest
 * magnitude code -32, the best one's codes say the scale.
 */
final class SymmetricFit {
    /** First scales that are tried: 1 / (31.1 … 32.9) of the extreme value, in steps of 0.1. */
    private static final int TRIALS = 19;

    private SymmetricFit() {}

    static float scale(float[] x, int from, int size) {
        float extreme = 0;
        for (int i = from; i < from + size; i++) {
            extreme = Math.abs(x[i]) > Math.abs(extreme) ? x[i] : extreme;
        }
        if (extreme == 0) {
            return 0;
        }
        double best = 0;
        double scale = 0;
        for (int trial = 0; trial < TRIALS; trial++) {
            float inverse = -(32 + 0.1f * (trial - TRIALS / 2)) / extreme;
            long squares = 0;
            double products = 0;
            for (int i = from; i < from + size; i++) {
                int code = code(x[i], inverse);
                squares += (long) code * code;
                products += (double) x[i] * code;
            }
            // What the fit takes off the sum of squares.
            double gain = squares == 0 ? 0 : products * products / squares;
            if (gain > best) {
                best = gain;
                scale = products / squares;
            }
        }
        return (float) scale;
    }

    /** The nearest code of a value. */
    static int code(float x, float inverse) {
        return Math.clamp((int) (x * inverse + 32.5f), 0, 63) - 32;
    }
}

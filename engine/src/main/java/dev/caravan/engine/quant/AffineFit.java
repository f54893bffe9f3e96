package dev.caravan.engine.quant;

/**
 * The least-squares fit of values by {@code scale * code - minimum} with codes {@code 0 … greatestCode} and no negative
 * minimum: what a sub-block of Q4_K and Q5_K needs.
 *
 * <p>For a given scale and minimum the best codes are the nearest ones, and for given codes the best scale and minimum
 * are those of a straight line. The search tries {@value #TRIALS} first scales around the one that spans the values,
 * takes the line through each one's codes, and from the best line goes back and forth between codes and line until
 * nothing improves. Errors count the same wherever they are: with no knowledge of the activations that is the expected
 * error of a layer's output.
 *
 * <p>Not thread-safe: {@link #scale} and {@link #minimum} hold the last fit.
 */
final class AffineFit {
    /** First scales that are tried: 1 / (greatestCode - 1 … greatestCode + 1) of the span, in steps of 0.1. */
    private static final int TRIALS = 21;
    /** Turns between codes and line at most. */
    private static final int TURNS = 4;

    private final int greatestCode;
    /** The line through the last codes, its squared error. */
    private double slope;

    private double intercept;
    private double error;

    float scale;
    float minimum;

    AffineFit(int greatestCode) {
        this.greatestCode = greatestCode;
    }

    void fit(float[] x, int from, int size) {
        float least = 0;
        float most = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + size; i++) {
            least = Math.min(least, x[i]);
            most = Math.max(most, x[i]);
        }
        scale = 0;
        minimum = -least;
        if (!(most > least)) {
            return;
        }
        double best = Double.POSITIVE_INFINITY;
        double bestSlope = 0;
        double bestIntercept = least;
        for (int trial = 0; trial < TRIALS; trial++) {
            float steps = greatestCode + 0.1f * (trial - TRIALS / 2);
            line(x, from, size, steps / (most - least), least);
            if (error < best) {
                best = error;
                bestSlope = slope;
                bestIntercept = intercept;
            }
        }
        for (int turn = 0; turn < TURNS && bestSlope > 0; turn++) {
            line(x, from, size, (float) (1 / bestSlope), (float) bestIntercept);
            if (!(error < best)) {
                break;
            }
            best = error;
            bestSlope = slope;
            bestIntercept = intercept;
        }
        scale = (float) bestSlope;
        minimum = (float) -bestIntercept;
    }

    /** The line through the codes that are nearest with this inverse scale and lowest value. */
    private void line(float[] x, int from, int size, float inverse, float lowest) {
        long codes = 0;
        long squares = 0;
        double values = 0;
        double products = 0;
        double valueSquares = 0;
        for (int i = from; i < from + size; i++) {
            int code = Math.clamp((int) ((x[i] - lowest) * inverse + 0.5f), 0, greatestCode);
            codes += code;
            squares += (long) code * code;
            values += x[i];
            products += (double) x[i] * code;
            valueSquares += (double) x[i] * x[i];
        }
        double determinant = (double) size * squares - (double) codes * codes;
        slope = determinant > 0 ? (size * products - values * codes) / determinant : 0;
        intercept = (values - slope * codes) / size;
        if (intercept > 0) {
            slope = squares > 0 ? products / squares : 0;
            intercept = 0;
        }
        error = valueSquares
                - 2 * (slope * products + intercept * values)
                + slope * slope * squares
                + 2 * slope * intercept * codes
                + size * intercept * intercept;
    }
}

package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.ToDoubleFunction;
import org.assertj.core.data.Offset;

/**
 * Holds a gradient to the slope of a function that a test writes in {@code double} by itself: {@code (f(x + h) - f(x -
 * h)) / 2h} for each value, whose own error is of the order h² and 1e-16 / h.
 */
final class CentralDifferences {
    private static final double STEP = 1e-5;

    private CentralDifferences() {}

    /** The gradient of {@code function} at {@code x}. */
    static double[] gradient(float[] x, ToDoubleFunction<double[]> function) {
        double[] point = doubles(x);
        double[] gradient = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            point[i] = x[i] + STEP;
            double above = function.applyAsDouble(point);
            point[i] = x[i] - STEP;
            gradient[i] = (above - function.applyAsDouble(point)) / (2 * STEP);
            point[i] = x[i];
        }
        return gradient;
    }

    static double[] doubles(float[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i];
        }
        return y;
    }

    /**
     * Each value within {@code tolerance} of the largest; of {@code scale} where all are smaller, because they are what is
     * left of sums of that size.
     */
    static void assertClose(String what, float[] actual, double[] expected, double tolerance, double scale) {
        double largest = scale;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i])
                    .as("%s value %d", what, i)
                    .isCloseTo(expected[i], Offset.offset(tolerance * largest));
        }
    }
}

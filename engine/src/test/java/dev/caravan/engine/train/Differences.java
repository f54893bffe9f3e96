package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/** Gradients by central differences of a function in double precision. */
final class Differences {

    private static final double STEP = 1e-5;
    private static final int SINGLE_VALUES = 2;

    private Differences() {}

    /**
     * Compares a gradient with central differences: along random directions, which see all of its values, and at single
     * ones, the largest among them.
     *
     * @param x where the gradient was taken; changed and restored
     * @param function reads {@code x}
     * @param tolerance of the gradient's Euclidean norm
     */
    static void assertGradient(String name, float[] gradient, double[] x, DoubleSupplier function, double tolerance) {
        assertThat(gradient.length).as(name).isGreaterThanOrEqualTo(x.length);
        int largest = 0;
        for (int i = 0; i < x.length; i++) {
            largest = Math.abs(gradient[i]) > Math.abs(gradient[largest]) ? i : largest;
        }
        double norm = norm(gradient);
        assertThat(norm).as(name).isPositive();
        SplittableRandom random = new SplittableRandom(x.length);
        for (int i = 0; i <= SINGLE_VALUES; i++) {
            int index = i == 0 ? largest : random.nextInt(x.length);
            double[] direction = new double[x.length];
            direction[index] = 1;
            assertAlong(name + "[" + index + "]", gradient, x, direction, function, tolerance * norm);
        }
        double[] direction = random.doubles(x.length, -1, 1).toArray();
        assertAlong(name, gradient, x, direction, function, tolerance * norm * Math.sqrt(x.length / 3.0));
    }

    private static void assertAlong(
            String name, float[] gradient, double[] x, double[] direction, DoubleSupplier function, double tolerance) {
        double slope = 0;
        double[] saved = x.clone();
        for (int i = 0; i < x.length; i++) {
            slope += gradient[i] * direction[i];
            x[i] = saved[i] + STEP * direction[i];
        }
        double above = function.getAsDouble();
        for (int i = 0; i < x.length; i++) {
            x[i] = saved[i] - STEP * direction[i];
        }
        double below = function.getAsDouble();
        System.arraycopy(saved, 0, x, 0, x.length);
        assertThat(Math.abs((above - below) / (2 * STEP) - slope)).as(name).isLessThan(tolerance);
    }

    static double norm(float[] values) {
        return distance(values, new float[values.length]);
    }

    /** The Euclidean distance. */
    static double distance(float[] a, float[] b) {
        assertThat(a).hasSameSizeAs(b);
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = (double) a[i] - b[i];
            sum += difference * difference;
        }
        return Math.sqrt(sum);
    }
}

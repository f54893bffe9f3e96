package dev.caravan.engine.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Goal: the figures of docs/reference/adapters.md on what is left of an adapter once it is merged and rounded. Method: a
 * normal matrix on the grid of the type that the adapter was trained on, plus a random product of rank 16.
 */
class RequantizationLossTest {
    private static final int ROWS = 128;
    private static final int COLUMNS = 512;
    private static final int RANK = 16;

    /**
     * What came of the change.
     *
     * @param kept how much of it is left, 1 for all: its projection on the change that was meant
     * @param error what was added beside it, by its norm
     */
    private record Outcome(double kept, double error) {}

    @ParameterizedTest
    @CsvSource({
        // base, share of the change in the weights' norm, rounded to, kept, error
        "Q4_K, 0.01, Q4_K, 0.01, 1.16",
        "Q4_K, 0.03, Q4_K, 0.06, 1.03",
        "Q4_K, 0.10, Q4_K, 0.92, 0.67",
        "NF4, 0.01, NF4, 0.02, 1.07",
        "NF4, 0.03, NF4, 0.04, 1.07",
        "NF4, 0.10, NF4, 0.83, 0.78",
        "NF4, 0.01, Q4_K, 0.57, 6.14",
        "NF4, 0.03, Q4_K, 0.68, 2.12",
        "Q4_K, 0.01, Q8_0, 1.00, 0.53",
        "Q4_K, 0.03, Q8_0, 1.00, 0.18",
        "NF4, 0.01, Q8_0, 1.00, 0.54",
        "NF4, 0.03, Q8_0, 1.00, 0.18",
        "NF4, 0.01, BF16, 1.00, 0.17",
        "NF4, 0.03, BF16, 1.00, 0.06",
    })
    void roundingToFourBitsErasesWhatEightBitsKeep(DType base, double share, DType to, double kept, double error) {
        float[] weights = rounded(normal(new Random(1), ROWS * COLUMNS), base);
        float[] change = change(weights, share);

        Outcome outcome = outcome(weights, change, to);

        assertThat(outcome.kept).isCloseTo(kept, within(0.02));
        assertThat(outcome.error).isCloseTo(error, within(0.02 * Math.max(1, error)));
    }

    private static float[] normal(Random random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static float[] rounded(float[] values, DType type) {
        float[] result = new float[values.length];
        BlockFormat format = BlockFormat.of(type);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment row = arena.allocate(type.byteSize(COLUMNS), Long.BYTES);
            for (int i = 0; i < values.length; i += COLUMNS) {
                format.quantize(values, i, COLUMNS, row, 0);
                format.dequantize(row, 0, result, i, COLUMNS);
            }
        }
        return result;
    }

    private static float[] change(float[] weights, double share) {
        Random random = new Random(2);
        float[] a = normal(random, RANK * COLUMNS);
        float[] b = normal(random, ROWS * RANK);
        float[] change = new float[weights.length];
        for (int i = 0; i < change.length; i++) {
            for (int k = 0; k < RANK; k++) {
                change[i] += b[i / COLUMNS * RANK + k] * a[k * COLUMNS + i % COLUMNS];
            }
        }
        float factor = (float) (share * Math.sqrt(product(weights, weights) / product(change, change)));
        for (int i = 0; i < change.length; i++) {
            change[i] *= factor;
        }
        return change;
    }

    private static double product(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (double) x[i] * y[i];
        }
        return sum;
    }

    private static Outcome outcome(float[] weights, float[] change, DType to) {
        float[] merged = new float[weights.length];
        for (int i = 0; i < merged.length; i++) {
            merged[i] = weights[i] + change[i];
        }
        float[] made = rounded(merged, to);
        float[] error = new float[made.length];
        for (int i = 0; i < made.length; i++) {
            made[i] -= weights[i];
            error[i] = made[i] - change[i];
        }
        double norm = product(change, change);
        return new Outcome(product(made, change) / norm, Math.sqrt(product(error, error) / norm));
    }
}

package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutTest {

    private static final int ROWS = 300;
    private static final int COLUMNS = 101;

    private static float[] masked(Dropout dropout, int module) {
        float[] x = new float[ROWS * COLUMNS];
        float[] y = new float[ROWS * COLUMNS];
        Arrays.fill(x, 1);
        try (Kernels kernels = KernelProvider.create(2)) {
            dropout.apply(kernels, module, x, y, ROWS, COLUMNS);
        }
        return y;
    }

    private static double shareOfZeros(float[] values) {
        int zeros = 0;
        for (float value : values) {
            zeros += value == 0 ? 1 : 0;
        }
        return (double) zeros / values.length;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.05, 0.1, 0.5, 0.9})
    void leavesOutTheShareAndScalesTheRest(double probability) {
        float[] y = masked(new Dropout(probability, 3), 0);

        assertThat(shareOfZeros(y)).isCloseTo(probability, Offset.offset(0.01));
        for (float value : y) {
            assertThat(value == 0 || value == (float) (1 / (1 - probability))).isTrue();
        }
    }

    @Test
    void seedModuleRowAndColumnEachGiveOtherMasks() {
        float[] first = masked(new Dropout(0.5, 3), 0);

        assertThat(masked(new Dropout(0.5, 3), 0)).isEqualTo(first);
        assertThat(agreement(first, masked(new Dropout(0.5, 4), 0))).isCloseTo(0.5, Offset.offset(0.02));
        assertThat(agreement(first, masked(new Dropout(0.5, 3), 1))).isCloseTo(0.5, Offset.offset(0.02));
        float[] nextRow = Arrays.copyOfRange(first, COLUMNS, first.length);
        assertThat(agreement(nextRow, first)).isCloseTo(0.5, Offset.offset(0.02));
        float[] nextColumn = Arrays.copyOfRange(first, 1, first.length);
        assertThat(agreement(nextColumn, first)).isCloseTo(0.5, Offset.offset(0.02));
    }

    /** The share of places where both are zero or neither. */
    private static double agreement(float[] a, float[] b) {
        int equal = 0;
        for (int i = 0; i < a.length; i++) {
            equal += (a[i] == 0) == (b[i] == 0) ? 1 : 0;
        }
        return (double) equal / a.length;
    }

    @Test
    void theGradientGoesThroughTheSameMask() {
        Dropout dropout = new Dropout(0.3, 3);
        float[] mask = masked(dropout, 2);
        float[] dy = new float[ROWS * COLUMNS];
        float[] dx = new float[ROWS * COLUMNS];
        float[] expected = new float[ROWS * COLUMNS];
        for (int i = 0; i < dy.length; i++) {
            dy[i] = i % 7 - 3;
            dx[i] = i % 5;
            expected[i] = dx[i] + mask[i] * dy[i];
        }
        try (Kernels kernels = KernelProvider.create(2)) {
            dropout.addGradient(kernels, 2, dy, dx, ROWS, COLUMNS);
        }
        assertThat(dx).isEqualTo(expected);
    }
}

package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The matrix product of both providers against sums in {@code double}, all four ways of transposing. */
class KernelsGemmTest {
    private final RandomGenerator random = new SplittableRandom(20261124);
    private final List<Kernels> providers = List.of(KernelProvider.scalar(), new VectorKernels(new WorkerPool(2)));

    @AfterEach
    void close() {
        providers.forEach(Kernels::close);
    }

    /** Tolerance: 1e-6 of the sum of the products' magnitudes. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1",
        "3, 5, 2",
        "7, 1, 300",
        "1, 7, 300",
        "5, 16, 700",
        "40, 8, 2048",
        "33, 4, 129",
        "65, 64, 100",
        "300, 17, 70",
        "17, 300, 70",
        "16, 515, 300",
        "515, 16, 300",
        "250, 270, 16",
        "130, 700, 4",
        "4, 4, 0"
    })
    void equalsSumsInDouble(int height, int width, int depth) {
        for (boolean aTransposed : new boolean[] {false, true}) {
            for (boolean bTransposed : new boolean[] {false, true}) {
                Matrix a = matrix(height, depth, aTransposed);
                Matrix b = matrix(depth, width, bTransposed);
                check(a, b, 1, 0);
                check(a, b, -0.5f, 1);
                check(a, b, 2, 0.25f);
            }
        }
    }

    private Matrix matrix(int height, int width, boolean transposed) {
        float[] values = RandomTensors.gaussian(3 + height * width, random);
        Matrix stored = new Matrix(values, 3, transposed ? width : height, transposed ? height : width, false);
        return transposed ? stored.transpose() : stored;
    }

    private void check(Matrix a, Matrix b, float alpha, float beta) {
        float[] before = RandomTensors.gaussian(2 + a.height() * b.width() + 1, random);
        if (beta == 0) {
            Arrays.fill(before, 2, before.length - 1, Float.NaN);
        }
        for (Kernels kernels : providers) {
            float[] values = before.clone();
            kernels.gemm(alpha, a, b, beta, new Matrix(values, 2, a.height(), b.width(), false));
            for (int i = 0; i < a.height() * b.width(); i++) {
                double sum = 0;
                double magnitude = 0;
                for (int k = 0; k < a.width(); k++) {
                    double product = (double) at(a, i / b.width(), k) * at(b, k, i % b.width());
                    sum += product;
                    magnitude += Math.abs(product);
                }
                double kept = beta == 0 ? 0 : (double) beta * before[2 + i];
                double expected = alpha * sum + kept;
                if (!(Math.abs(values[2 + i] - expected)
                        <= 1e-6 * (Math.abs(alpha) * magnitude + Math.abs(kept)) + 1e-30)) {
                    assertThat((double) values[2 + i])
                            .as("%s x %s, value %d", a, b, i)
                            .isEqualTo(expected);
                }
            }
            assertThat(values[1]).isEqualTo(before[1]);
            assertThat(values[values.length - 1]).isEqualTo(before[values.length - 1]);
        }
    }

    private static float at(Matrix matrix, int row, int column) {
        return matrix.values()[
                matrix.offset()
                        + (matrix.transposed() ? column * matrix.columns() + row : row * matrix.columns() + column)];
    }

    @Test
    void theNumberOfThreadsChangesNoBit() {
        Matrix a = matrix(100, 600, false);
        Matrix b = matrix(600, 80, true);
        float[] one = new float[8000];
        float[] three = new float[8000];
        try (Kernels single = new VectorKernels(new WorkerPool(1));
                Kernels several = new VectorKernels(new WorkerPool(3))) {
            single.gemm(1, a, b, 0, Matrix.of(one, 100, 80));
            several.gemm(1, a, b, 0, Matrix.of(three, 100, 80));
        }
        assertThat(three).isEqualTo(one);
    }

    @Test
    void refusesWhatDoesNotFit() {
        Matrix a = matrix(3, 4, false);
        Matrix b = matrix(5, 6, false);
        for (Kernels kernels : providers) {
            assertThatThrownBy(() -> kernels.gemm(1, a, b, 0, Matrix.of(new float[18], 3, 6)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[3, 4] times [5, 6]");
        }
        assertThatThrownBy(() -> Matrix.of(new float[5], 2, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[2, 3]");
    }
}

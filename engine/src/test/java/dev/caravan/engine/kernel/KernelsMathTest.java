package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vector kernels' norms, activations and attention against the scalar truth, each with its stated tolerance. */
class KernelsMathTest {
    private static final int[] SIZES = {1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 100, 640, 1025};

    private final RandomGenerator random = new SplittableRandom(20261123);
    private final Kernels scalar = KernelProvider.scalar();
    private final Kernels vector = new VectorKernels(new WorkerPool(2));

    @AfterEach
    void close() {
        vector.close();
        scalar.close();
    }

    @Test
    void norms() {
        for (int size : SIZES) {
            float[] x = RandomTensors.gaussian(size + 3, random);
            float[] weight = RandomTensors.gaussian(size, random);
            float[] bias = RandomTensors.gaussian(size, random);
            float[] expected = new float[size + 2];
            float[] actual = new float[size + 2];
            scalar.rmsNorm(x, 3, weight, 1e-6f, expected, 1, size);
            vector.rmsNorm(x, 3, weight, 1e-6f, actual, 1, size);
            assertClose(actual, expected, 3e-6f);
            scalar.layerNorm(x, 3, weight, bias, 1e-5f, expected, 1, size);
            vector.layerNorm(x, 3, weight, bias, 1e-5f, actual, 1, size);
            assertClose(actual, expected, 1e-5f);
        }
    }

    @Test
    void dotAndAddScaled() {
        for (int size : SIZES) {
            float[] x = RandomTensors.gaussian(size + 1, random);
            float[] y = RandomTensors.gaussian(size + 2, random);
            assertThat(vector.dot(x, 1, y, 2, size))
                    .isCloseTo(scalar.dot(x, 1, y, 2, size), Offset.offset(1e-6f * size + 1e-6f));
            float[] expected = y.clone();
            scalar.addScaled(0.7f, x, 1, expected, 2, size);
            vector.addScaled(0.7f, x, 1, y, 2, size);
            assertClose(y, expected, 1e-6f);
        }
    }

    @Test
    void softmaxSumsToOneAndIgnoresMaskedValues() {
        for (int size : SIZES) {
            float[] x = RandomTensors.gaussian(size + 2, random);
            for (int i = 0; i < x.length; i++) {
                x[i] *= 20;
            }
            if (size > 2) {
                x[2] = Float.NEGATIVE_INFINITY;
            }
            float[] expected = x.clone();
            scalar.softmax(expected, 1, size);
            vector.softmax(x, 1, size);
            assertClose(x, expected, 1e-6f);
            if (size > 2) {
                assertThat(x[2]).isZero();
            }
        }
    }

    @Test
    void activationsOverTheWholeRange() {
        float[] z = new float[4001];
        for (int i = 0; i < z.length; i++) {
            z[i] = (i - 2000) / 20f;
        }
        z[0] = Float.NaN;
        z[1] = -1e30f;
        z[2] = 1e30f;
        z[3] = Float.MIN_VALUE;
        z[4] = -0f;
        float[] up = RandomTensors.gaussian(z.length, random);

        float[] expected = z.clone();
        float[] actual = z.clone();
        scalar.siluMultiply(expected, up, z.length);
        vector.siluMultiply(actual, up, z.length);
        assertClose(actual, expected, 1e-6f);

        expected = z.clone();
        actual = z.clone();
        scalar.geluTanhMultiply(expected, up, z.length);
        vector.geluTanhMultiply(actual, up, z.length);
        assertClose(actual, expected, 1e-6f);

        expected = z.clone();
        actual = z.clone();
        scalar.gelu(expected, 0, z.length);
        vector.gelu(actual, 0, z.length);
        assertClose(actual, expected, 1e-6f);
    }

    @Test
    void exponentialIsWithinItsStatedError() {
        for (int i = -880; i <= 880; i++) {
            float x = i / 10f + 0.0371f;
            float actual = VectorMath.exp(Lanes.spread(x)).lane(0);
            double expected = Math.exp(x);
            if (expected < Float.MIN_NORMAL) {
                assertThat(actual).isZero();
            } else {
                assertThat(actual / expected).as("exp(%s)", x).isCloseTo(1.0, Offset.offset(2e-7));
            }
        }
        assertThat(VectorMath.exp(Lanes.spread(Float.NEGATIVE_INFINITY)).lane(0))
                .isZero();
        assertThat(VectorMath.exp(Lanes.spread(89)).lane(0)).isInfinite();
        assertThat(VectorMath.exp(Lanes.spread(Float.NaN)).lane(0)).isNaN();
    }

    @ParameterizedTest
    @ValueSource(doubles = {-4, -2.6, -2.5, -1, -0.1, 0, 0.3, 1, 2, 2.5, 3, 5})
    void errorFunctionAgreesWithItsIntegral(double x) {
        // Simpson's rule on 2/√π exp(-t²) from x to 12, an independent way to the same number.
        int steps = 40_000;
        double h = (12 - x) / steps;
        double sum = Math.exp(-x * x) + Math.exp(-144);
        for (int i = 1; i < steps; i++) {
            double t = x + i * h;
            sum += (i % 2 == 1 ? 4 : 2) * Math.exp(-t * t);
        }
        double expected = 2 / Math.sqrt(Math.PI) * sum * h / 3;
        assertThat(ErrorFunction.erfc(x)).isCloseTo(expected, Offset.offset(1e-12));
    }

    @ParameterizedTest
    @CsvSource({
        // heads, key-value heads, head size, causal, window, tokens, position
        "4, 1, 256, true, 0, 1, 0",
        "4, 1, 256, true, 0, 1, 700",
        "4, 1, 256, true, 512, 1, 700",
        "4, 2, 64, true, 0, 3, 5",
        "4, 1, 32, true, 0, 9, 0",
        "4, 1, 64, true, 0, 40, 0",
        "2, 1, 64, true, 0, 70, 300",
        "2, 1, 64, true, 16, 70, 300",
        "4, 2, 128, true, 300, 333, 0",
        "2, 1, 32, true, 5, 33, 0",
        "3, 3, 32, false, 0, 50, 0",
        "3, 1, 32, false, 0, 9, 0",
        "3, 1, 32, false, 8, 9, 0",
        "3, 1, 256, false, 8, 50, 0",
        "2, 1, 64, false, 512, 700, 0",
        "1, 1, 32, false, 1, 40, 0",
        "2, 1, 80, false, 6, 20, 4",
        "3, 1, 32, false, 7, 5, 3",
        "2, 2, 64, false, 4, 300, 20",
        "12, 12, 32, false, 0, 300, 0",
        "2, 1, 80, true, 0, 20, 4",
        "1, 1, 32, true, 0, 258, 0"
    })
    void attention(int heads, int keyHeads, int size, boolean causal, int window, int tokens, int position) {
        AttentionShape shape = new AttentionShape(heads, keyHeads, size, (float) (1 / Math.sqrt(size)), causal, window);
        int positions = position + tokens;
        float[] q = RandomTensors.gaussian(tokens * shape.querySize(), random);
        float[] k = RandomTensors.gaussian(positions * shape.keyValueSize(), random);
        float[] v = RandomTensors.gaussian(positions * shape.keyValueSize(), random);
        float[] expected = new float[tokens * shape.querySize()];
        float[] actual = new float[tokens * shape.querySize()];
        scalar.attention(shape, q, k, v, expected, tokens, position);
        vector.attention(shape, q, k, v, actual, tokens, position);
        assertClose(actual, expected, 5e-6f);

        // What stands behind the last token must not be read.
        float[] longer = Arrays.copyOf(k, k.length + 100 * shape.keyValueSize());
        Arrays.fill(longer, k.length, longer.length, Float.NaN);
        vector.attention(shape, q, longer, v, actual, tokens, position);
        assertClose(actual, expected, 5e-6f);
    }

    @ParameterizedTest
    @CsvSource({"8, 20, 16, 25", "8, 3, 0, 8", "8, 39, 35, 40", "1, 7, 7, 8"})
    void aSymmetricWindowHasHalfItsSizeOnEachSide(int window, int token, int first, int end) {
        AttentionShape shape = new AttentionShape(1, 1, 32, 1, false, window);
        float[] zeros = new float[40 * 32];
        float[] v = new float[40 * 32];
        for (int p = 0; p < 40; p++) {
            v[p * 32] = p >= first && p < end ? 0 : 1;
        }
        // Equal scores: the mean of the visible values.
        for (Kernels kernels : List.of(scalar, vector)) {
            float[] y = new float[40 * 32];
            kernels.attention(shape, zeros, zeros, v, y, 40, 0);
            assertThat(y[token * 32]).isZero();
            v[first * 32] = 1;
            v[(end - 1) * 32] = 1;
            kernels.attention(shape, zeros, zeros, v, y, 40, 0);
            assertThat(y[token * 32]).isCloseTo(Math.min(2, end - first) / (float) (end - first), Offset.offset(1e-6f));
            v[first * 32] = 0;
            v[(end - 1) * 32] = 0;
        }
    }

    @Test
    void attentionSurvivesLargeScores() {
        AttentionShape shape = new AttentionShape(1, 1, 32, 1f, true, 0);
        int tokens = 300;
        float[] q = RandomTensors.gaussian(tokens * 32, random);
        float[] k = RandomTensors.gaussian(tokens * 32, random);
        for (int i = 0; i < q.length; i++) {
            q[i] *= 30;
        }
        float[] v = RandomTensors.gaussian(tokens * 32, random);
        float[] expected = new float[tokens * 32];
        float[] actual = new float[tokens * 32];
        scalar.attention(shape, q, k, v, expected, tokens, 0);
        vector.attention(shape, q, k, v, actual, tokens, 0);
        // Scores reach several hundred; a float's spacing there becomes a relative error of the weights.
        assertClose(actual, expected, 3e-4f);
    }

    private static void assertClose(float[] actual, float[] expected, float tolerance) {
        for (int i = 0; i < expected.length; i++) {
            if (Float.isNaN(expected[i])) {
                assertThat(actual[i]).as("value %d", i).isNaN();
            } else {
                float allowed = tolerance * Math.max(1, Math.abs(expected[i]));
                assertThat(actual[i]).as("value %d", i).isCloseTo(expected[i], Offset.offset(allowed));
            }
        }
    }
}

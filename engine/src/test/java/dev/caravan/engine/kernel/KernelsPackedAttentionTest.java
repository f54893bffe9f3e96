package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Attention over packed sequences and its gradient: both providers against this class's own attention in {@code double}
 * and its central differences; the vector provider on larger shapes against the scalar truth.
 */
class KernelsPackedAttentionTest {
    private final RandomGenerator random = new SplittableRandom(20261124);
    private final Kernels scalar = KernelProvider.scalar();
    private final Kernels vector = new VectorKernels(new WorkerPool(2));

    @AfterEach
    void close() {
        vector.close();
        scalar.close();
    }

    @ParameterizedTest
    @CsvSource({
        // heads, key-value heads, head size, window, starts, tokens
        "1, 1, 1, 0, 0, 1",
        "1, 1, 3, 0, 0, 5",
        "4, 2, 5, 0, 0 1 2 9, 12",
        "4, 1, 4, 3, 0 7, 11",
        "2, 2, 6, 1, 0, 4",
        "3, 1, 2, 4, 0 10, 40",
        "2, 1, 32, 0, 0 6, 9"
    })
    void equalsCentralDifferences(int heads, int keyHeads, int size, int window, String starts, int tokens) {
        AttentionShape shape = new AttentionShape(heads, keyHeads, size, 0.6f, true, window);
        PackedAttention input = random(shape, starts(starts), tokens, 1);
        float[] dy = RandomTensors.gaussian(tokens * shape.querySize(), random);
        double[] q = CentralDifferences.doubles(input.q());
        double[] k = CentralDifferences.doubles(input.k());
        double[] v = CentralDifferences.doubles(input.v());
        double[] y = attend(input, q, k, v);
        double[] dq = CentralDifferences.gradient(input.q(), point -> loss(dy, attend(input, point, k, v)));
        double[] dk = CentralDifferences.gradient(input.k(), point -> loss(dy, attend(input, q, point, v)));
        double[] dv = CentralDifferences.gradient(input.v(), point -> loss(dy, attend(input, q, k, point)));
        for (Kernels kernels : List.of(scalar, vector)) {
            kernels.packedAttention(input);
            CentralDifferences.assertClose("y", input.y(), y, 1e-6, 1);
            Gradients gradients = gradients(kernels, input, dy);
            CentralDifferences.assertClose("dq", gradients.dq, dq, 3e-6, 1);
            CentralDifferences.assertClose("dk", gradients.dk, dk, 3e-6, 1);
            CentralDifferences.assertClose("dv", gradients.dv, dv, 3e-6, 1);
        }
    }

    /** Row by row as the definition says it; an independent check of the kernels' walk over the sequences. */
    private static double[] attend(PackedAttention input, double[] q, double[] k, double[] v) {
        AttentionShape shape = input.shape();
        int size = shape.headSize();
        double[] y = new double[q.length];
        for (int row = 0; row < input.tokens(); row++) {
            int at = row;
            int start = Arrays.stream(input.starts()).filter(s -> s <= at).max().orElseThrow();
            int first = shape.window() == 0 ? start : Math.max(start, row - shape.window() + 1);
            for (int head = 0; head < shape.heads(); head++) {
                int query = row * shape.querySize() + head * size;
                int keyHead = head * shape.keyValueHeads() / shape.heads() * size;
                double total = 0;
                for (int p = first; p <= row; p++) {
                    int key = p * shape.keyValueSize() + keyHead;
                    double score = 0;
                    for (int i = 0; i < size; i++) {
                        score += q[query + i] * k[key + i];
                    }
                    double weight = Math.exp(score * shape.scale());
                    total += weight;
                    for (int i = 0; i < size; i++) {
                        y[query + i] += weight * v[key + i];
                    }
                }
                for (int i = 0; i < size; i++) {
                    y[query + i] /= total;
                }
            }
        }
        return y;
    }

    private static double loss(float[] dy, double[] y) {
        double loss = 0;
        for (int i = 0; i < y.length; i++) {
            loss += dy[i] * y[i];
        }
        return loss;
    }

    @ParameterizedTest
    @CsvSource({
        "4, 1, 256, 0, 0 100 101, 170",
        "4, 1, 256, 64, 0, 150",
        "2, 2, 64, 0, 0 33 66, 300",
        "8, 2, 64, 100, 0 270, 333",
        "4, 2, 128, 0, 0, 129",
        "3, 3, 80, 0, 0 5, 70",
        "2, 1, 48, 17, 0, 90",
        "2, 1, 32, 0, 0, 600",
        "1, 1, 96, 0, 0 1 2 3 4 12 44 77, 78"
    })
    void theVectorProviderEqualsTheScalarTruth(
            int heads, int keyHeads, int size, int window, String starts, int tokens) {
        AttentionShape shape = new AttentionShape(heads, keyHeads, size, (float) (1 / Math.sqrt(size)), true, window);
        compare(random(shape, starts(starts), tokens, 1), 5e-6);
    }

    @Test
    void survivesLargeScores() {
        AttentionShape shape = new AttentionShape(2, 1, 32, 1f, true, 0);
        // Scores reach several hundred; a float's spacing there becomes a relative error of the weights.
        compare(random(shape, new int[] {0, 50}, 130, 8), 1e-3);
    }

    private void compare(PackedAttention input, double tolerance) {
        float[] dy = RandomTensors.gaussian(input.y().length, random);
        scalar.packedAttention(input);
        double[] y = CentralDifferences.doubles(input.y());
        double[] logSumExp = CentralDifferences.doubles(input.logSumExp());
        Gradients expected = gradients(scalar, input, dy);
        Arrays.fill(input.y(), Float.NaN);
        Arrays.fill(input.logSumExp(), Float.NaN);
        vector.packedAttention(input);
        CentralDifferences.assertClose("y", input.y(), y, tolerance, 1);
        CentralDifferences.assertClose("logSumExp", input.logSumExp(), logSumExp, tolerance, 1);
        Gradients actual = gradients(vector, input, dy);
        CentralDifferences.assertClose("dq", actual.dq, CentralDifferences.doubles(expected.dq), tolerance, 1);
        CentralDifferences.assertClose("dk", actual.dk, CentralDifferences.doubles(expected.dk), tolerance, 1);
        CentralDifferences.assertClose("dv", actual.dv, CentralDifferences.doubles(expected.dv), tolerance, 1);
    }

    @Test
    void theNumberOfThreadsChangesNoBit() {
        AttentionShape shape = new AttentionShape(4, 2, 64, 0.125f, true, 50);
        PackedAttention input = random(shape, new int[] {0, 40}, 200, 1);
        float[] dy = RandomTensors.gaussian(input.y().length, random);
        try (Kernels single = new VectorKernels(new WorkerPool(1));
                Kernels several = new VectorKernels(new WorkerPool(3))) {
            single.packedAttention(input);
            Gradients one = gradients(single, input, dy);
            float[] y = input.y().clone();
            several.packedAttention(input);
            assertThat(input.y()).isEqualTo(y);
            Gradients three = gradients(several, input, dy);
            assertThat(three.dq).isEqualTo(one.dq);
            assertThat(three.dk).isEqualTo(one.dk);
            assertThat(three.dv).isEqualTo(one.dv);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        AttentionShape shape = new AttentionShape(1, 1, 4, 1, true, 0);
        for (int[] starts : new int[][] {{}, {1}, {0, 3, 3}, {0, 5}, {0, 4, 2}}) {
            assertThatThrownBy(() -> random(shape, starts, 5, 1)).isInstanceOf(IllegalArgumentException.class);
        }
        AttentionShape bothWays = new AttentionShape(1, 1, 4, 1, false, 0);
        assertThatThrownBy(() -> random(bothWays, new int[] {0}, 5, 1)).hasMessageContaining("causal");
        PackedAttention input = random(shape, new int[] {0}, 5, 1);
        float[] fits = new float[20];
        for (Kernels kernels : List.of(scalar, vector)) {
            assertThatThrownBy(() -> kernels.packedAttentionBackward(input, fits, fits, new float[19], fits))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("dk has 19");
        }
    }

    private PackedAttention random(AttentionShape shape, int[] starts, int tokens, float spread) {
        int queries = tokens * shape.querySize();
        int keys = tokens * shape.keyValueSize();
        float[] q = RandomTensors.gaussian(queries, random);
        for (int i = 0; i < queries; i++) {
            q[i] *= spread;
        }
        float[] k = RandomTensors.gaussian(keys, random);
        float[] v = RandomTensors.gaussian(keys, random);
        float[] logSumExp = new float[tokens * shape.heads()];
        return new PackedAttention(shape, starts, tokens, q, k, v, new float[queries], logSumExp);
    }

    private static int[] starts(String starts) {
        return Stream.of(starts.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    @SuppressWarnings("ArrayRecordComponent") // three results of one call
    private record Gradients(float[] dq, float[] dk, float[] dv) {}

    private static Gradients gradients(Kernels kernels, PackedAttention input, float[] dy) {
        Gradients gradients =
                new Gradients(new float[input.q().length], new float[input.k().length], new float[input.v().length]);
        Arrays.fill(gradients.dq, Float.NaN);
        Arrays.fill(gradients.dk, Float.NaN);
        Arrays.fill(gradients.dv, Float.NaN);
        kernels.packedAttentionBackward(input, dy, gradients.dq, gradients.dk, gradients.dv);
        return gradients;
    }
}

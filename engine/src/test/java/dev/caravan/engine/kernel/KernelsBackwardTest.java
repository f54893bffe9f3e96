package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradients of both providers: against dequantised weights and central differences, in {@code double}. */
class KernelsBackwardTest {
    private static final long SEED = 20261124;

    private final RandomGenerator random = new SplittableRandom(SEED);
    private final Kernels scalar = KernelProvider.scalar();
    private final Kernels vector = new VectorKernels(new WorkerPool(2));
    private final List<Kernels> providers = List.of(scalar, vector);

    @AfterEach
    void close() {
        vector.close();
        scalar.close();
    }

    static Stream<Arguments> shapes() {
        return Stream.of(DType.values()).flatMap(dtype -> {
            int block = dtype.blockElements();
            int odd = block == 1 ? 37 : block;
            return Stream.of(
                    Arguments.of(dtype, 1, 1, odd),
                    Arguments.of(dtype, 2, 7, 3 * odd),
                    Arguments.of(dtype, 5, 300, 256),
                    Arguments.of(dtype, 6, 33, 2 * odd),
                    Arguments.of(dtype, 13, 600, odd),
                    Arguments.of(dtype, 70, 129, 768),
                    Arguments.of(dtype, 300, 9, 256 + odd / block * block));
        });
    }

    /** Tolerance: 1e-6 of the sum of the products' magnitudes. */
    @ParameterizedTest
    @MethodSource("shapes")
    void linear(DType dtype, int tokens, int outputs, int inputs) {
        Tensor weight = RandomTensors.matrix(dtype, outputs, inputs, random);
        float[] dy = RandomTensors.gaussian(tokens * outputs, random);
        float[] rows = new float[outputs * inputs];
        for (int o = 0; o < outputs; o++) {
            BlockFormat.of(dtype).dequantize(weight.data(), o * dtype.byteSize(inputs), rows, o * inputs, inputs);
        }
        double[] sums = new double[tokens * inputs];
        double[] magnitudes = new double[tokens * inputs];
        for (int t = 0; t < tokens; t++) {
            for (int o = 0; o < outputs; o++) {
                for (int i = 0; i < inputs; i++) {
                    double product = (double) dy[t * outputs + o] * rows[o * inputs + i];
                    sums[t * inputs + i] += product;
                    magnitudes[t * inputs + i] += Math.abs(product);
                }
            }
        }
        for (Kernels kernels : providers) {
            float[] dx = new float[tokens * inputs + 1];
            Arrays.fill(dx, 0, tokens * inputs, Float.NaN);
            kernels.linearBackward(weight, dy, dx, tokens);
            for (int i = 0; i < sums.length; i++) {
                if (Math.abs(dx[i] - sums[i]) > 1e-6 * magnitudes[i] + 1e-30 || Float.isNaN(dx[i])) {
                    assertThat((double) dx[i]).as("%s value %d", dtype, i).isEqualTo(sums[i]);
                }
            }
            assertThat(dx[sums.length]).as("behind the end").isZero();
        }
    }

    @Test
    void theNumberOfThreadsAndOfTokensChangesNoBit() {
        Tensor weight = RandomTensors.matrix(DType.NF4, 600, 320, random);
        float[] dy = RandomTensors.gaussian(300 * 600, random);
        float[] one = new float[300 * 320];
        float[] five = new float[300 * 320];
        float[] few = new float[7 * 320];
        try (Kernels single = new VectorKernels(new WorkerPool(1));
                Kernels several = new VectorKernels(new WorkerPool(5))) {
            single.linearBackward(weight, dy, one, 300);
            several.linearBackward(weight, dy, five, 300);
            several.linearBackward(weight, dy, few, 7);
        }
        assertThat(five).isEqualTo(one);
        assertThat(few).isEqualTo(Arrays.copyOf(one, few.length));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 31, 64, 100})
    void rmsNorm(int size) {
        float[] x = RandomTensors.gaussian(size, random);
        float[] weight = RandomTensors.gaussian(size, random);
        float[] dy = RandomTensors.gaussian(size, random);
        double[] expected = CentralDifferences.gradient(x, point -> {
            double squares = 0;
            for (double value : point) {
                squares += value * value;
            }
            double loss = 0;
            for (int i = 0; i < size; i++) {
                loss += dy[i] * weight[i] * point[i] / Math.sqrt(squares / size + 1e-3f);
            }
            return loss;
        });
        for (Kernels kernels : providers) {
            float[] dx = new float[size + 3];
            Arrays.fill(dx, 2, size + 2, 0.25f);
            kernels.rmsNormBackward(after(x, 1), 1, weight, 1e-3f, after(dy, 3), 3, dx, 2, size);
            float[] added = new float[size];
            for (int i = 0; i < size; i++) {
                added[i] = dx[i + 2] - 0.25f;
            }
            CentralDifferences.assertClose("dx", added, expected, 1e-4, 1e-3);
            assertThat(dx[0] + dx[1] + dx[size + 2]).isZero();
        }
    }

    private static float[] after(float[] x, int gap) {
        float[] shifted = new float[gap + x.length];
        System.arraycopy(x, 0, shifted, gap, x.length);
        return shifted;
    }

    @ParameterizedTest
    @CsvSource({"silu, 1", "silu, 37", "silu, 20000", "gelu, 1", "gelu, 37", "gelu, 20000"})
    void gatedActivations(String name, int size) {
        float[] gate = new float[size];
        for (int i = 0; i < size; i++) {
            gate[i] = (i % 401 - 200) / 10f;
        }
        float[] up = RandomTensors.gaussian(size, random);
        float[] dy = RandomTensors.gaussian(size, random);
        double h = 1e-5;
        double[] expectedGate = new double[size];
        double[] expectedUp = new double[size];
        for (int i = 0; i < size; i++) {
            expectedGate[i] = dy[i] * up[i] * (activate(name, gate[i] + h) - activate(name, gate[i] - h)) / (2 * h);
            expectedUp[i] = dy[i] * activate(name, gate[i]);
        }
        for (Kernels kernels : providers) {
            float[] dGate = new float[size];
            float[] dUp = new float[size];
            backward(kernels, name, gate, up, dy, dGate, dUp, size);
            CentralDifferences.assertClose(name + " dGate", dGate, expectedGate, 1e-6, 1e-3);
            CentralDifferences.assertClose(name + " dUp", dUp, expectedUp, 1e-6, 1e-3);
            float[] sameGate = gate.clone();
            float[] sameUp = up.clone();
            backward(kernels, name, sameGate, sameUp, dy, sameGate, sameUp, size);
            assertThat(sameGate).isEqualTo(dGate);
            assertThat(sameUp).isEqualTo(dUp);
            float[] sameDy = dy.clone();
            backward(kernels, name, gate, up, sameDy, dGate, sameDy, size);
            assertThat(sameDy).isEqualTo(dUp);
        }
    }

    private static double activate(String name, double z) {
        return name.equals("silu")
                ? z / (1 + Math.exp(-z))
                : 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z)));
    }

    private static void backward(
            Kernels kernels, String name, float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size) {
        if (name.equals("silu")) {
            kernels.siluMultiplyBackward(gate, up, dy, dGate, dUp, size);
        } else {
            kernels.geluTanhMultiplyBackward(gate, up, dy, dGate, dUp, size);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"silu", "gelu"})
    void activationsSurviveTheExtremes(String name) {
        float[] gate = {-1e30f, 1e30f, -100, 100, -0f, Float.MIN_VALUE, Float.NaN};
        gate = Arrays.copyOf(gate, 23);
        float[] ones = new float[23];
        Arrays.fill(ones, 1);
        for (Kernels kernels : providers) {
            float[] dGate = new float[23];
            float[] dUp = new float[23];
            backward(kernels, name, gate, ones, ones, dGate, dUp, 23);
            assertThat(Arrays.copyOf(dGate, 4)).containsExactly(new float[] {0, 1, 0, 1}, Offset.offset(1e-6f));
            assertThat(dGate[4]).isEqualTo(0.5f);
            assertThat(dGate[6]).isNaN();
            assertThat(dUp[1]).isEqualTo(1e30f);
            assertThat(dUp[6]).isNaN();
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        Tensor weight = RandomTensors.matrix(DType.F32, 4, 8, random);
        for (Kernels kernels : providers) {
            assertThatThrownBy(() -> kernels.linearBackward(weight, new float[8], new float[15], 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("15");
        }
    }
}

package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.GatedMlp;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RotaryEmbedding;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The gradient of each layer against central differences in double precision. The function is the layer's output times
 * fixed random weights, which are what its backward pass is given.
 */
class LayerGradientsTest {

    private static final double TOLERANCE = 2e-6;
    private static final int ROWS = 5;

    private final SplittableRandom random = new SplittableRandom(11);
    private Kernels kernels = KernelProvider.scalar();

    @BeforeEach
    void open() {
        kernels = KernelProvider.create(2);
    }

    @AfterEach
    void close() {
        kernels.close();
    }

    private float[] gaussian(int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static double weighted(float[] weights, int offset, double[] y) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += weights[offset + i] * y[i];
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 33, 256})
    void rmsNorm(int size) {
        RmsNorm norm = new RmsNorm(gaussian(size), 1e-5f);
        float[] x = gaussian(ROWS * size);
        float[] dy = gaussian(ROWS * size);
        float[] dx = new float[ROWS * size];
        norm.backward(kernels, x, dy, dx, 0, ROWS);
        double[] wide = ReferenceDecoder.doubles(x);
        DoubleSupplier function = () -> {
            double sum = 0;
            for (int row = 0; row < ROWS; row++) {
                double[] part = Arrays.copyOfRange(wide, row * size, (row + 1) * size);
                sum += weighted(dy, row * size, ReferenceDecoder.norm(norm, part));
            }
            return sum;
        };
        Differences.assertGradient("dx", dx, wide, function, TOLERANCE);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40})
    void linearWithBias(int tokens) {
        int inputs = 48;
        int outputs = 20;
        Tensor weight = matrix(outputs, inputs);
        Linear linear = new Linear(weight, gaussian(outputs));
        float[] dy = gaussian(tokens * outputs);
        float[] dx = gaussian(tokens * inputs);
        linear.backward(kernels, dy, dx, tokens);
        double[] matrix = ReferenceDecoder.values(weight);
        double[] wide = ReferenceDecoder.doubles(gaussian(tokens * inputs));
        DoubleSupplier function = () -> {
            double sum = 0;
            for (int t = 0; t < tokens; t++) {
                for (int o = 0; o < outputs; o++) {
                    for (int i = 0; i < inputs; i++) {
                        sum += dy[t * outputs + o] * matrix[o * inputs + i] * wide[t * inputs + i];
                    }
                }
            }
            return sum;
        };
        Differences.assertGradient("dx", dx, wide, function, TOLERANCE);
    }

    private Tensor matrix(int rows, int columns) {
        MemorySegment values = MemorySegment.ofArray(gaussian(rows * columns));
        MemorySegment data = Arena.ofAuto().allocate(values.byteSize(), 64).copyFrom(values);
        return new Tensor("matrix", DType.F32, new long[] {rows, columns}, data);
    }

    @ParameterizedTest
    @EnumSource(RotaryEmbedding.Pairs.class)
    void rotaryEmbedding(RotaryEmbedding.Pairs pairs) {
        int size = 16;
        int heads = 3;
        float[] divisors = new float[size / 2];
        Arrays.fill(divisors, 2);
        RotaryEmbedding rotary = RotaryEmbedding.of(pairs, size, 10_000, divisors);
        RotaryEmbedding.Table table = rotary.newTable(ROWS);
        table.prepare(0, 0, 2);
        table.prepare(2, 0, ROWS - 2);
        float[] dy = gaussian(ROWS * heads * size);
        float[] dx = dy.clone();
        table.applyTransposed(dx, 0, ROWS, heads);
        double[] wide = ReferenceDecoder.doubles(gaussian(ROWS * heads * size));
        DoubleSupplier function = () -> {
            double sum = 0;
            for (int t = 0; t < ROWS; t++) {
                double[][] columns = ReferenceDecoder.turn(rotary, t < 2 ? t : t - 2);
                for (int i = 0; i < heads * size; i++) {
                    int head = t * heads * size + i / size * size;
                    sum += wide[head + i % size] * weighted(dy, head, columns[i % size]);
                }
            }
            return sum;
        };
        Differences.assertGradient("dx", dx, wide, function, TOLERANCE);
    }

    @ParameterizedTest
    @EnumSource(GatedMlp.Activation.class)
    void gatedActivation(GatedMlp.Activation activation) {
        int size = 101;
        Linear unused = new Linear(matrix(1, 1));
        GatedMlp mlp = new GatedMlp(unused, unused, unused, activation);
        float[] gate = gaussian(size);
        float[] up = gaussian(size);
        float[] dy = gaussian(size);
        double[] wideGate = ReferenceDecoder.doubles(gate);
        double[] wideUp = ReferenceDecoder.doubles(up);
        mlp.activateBackward(kernels, gate, up, dy, size);
        DoubleSupplier function = () -> {
            double sum = 0;
            for (int i = 0; i < size; i++) {
                sum += dy[i] * ReferenceDecoder.activation(activation, wideGate[i]) * wideUp[i];
            }
            return sum;
        };
        Differences.assertGradient("gate", gate, wideGate, function, TOLERANCE);
        Differences.assertGradient("up", up, wideUp, function, TOLERANCE);
    }

    @Test
    void aWrongGradientIsFound() {
        float[] gradient = gaussian(9);
        double[] x = ReferenceDecoder.doubles(gaussian(9));
        DoubleSupplier function = () -> {
            double sum = 0;
            for (int i = 0; i < x.length; i++) {
                sum += (i == 4 ? 1.0001 : 1) * gradient[i] * x[i];
            }
            return sum;
        };
        assertThatThrownBy(() -> Differences.assertGradient("x", gradient, x, function, TOLERANCE))
                .isInstanceOf(AssertionError.class);
    }
}

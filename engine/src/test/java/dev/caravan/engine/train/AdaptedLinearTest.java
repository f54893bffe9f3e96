package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A linear layer with an adapter: its three gradients against central differences in double precision. */
class AdaptedLinearTest {

    private static final double TOLERANCE = 2e-6;
    private static final int TOKENS = 19;
    private static final int INPUTS = 48;
    private static final int OUTPUTS = 20;
    private static final int RANK = 4;
    private static final float SCALING = 1.5f;

    private final SplittableRandom random = new SplittableRandom(17);

    private float[] gaussian(int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static TrainingBuffers buffers(Kernels kernels, Dropout dropout) {
        TrainingSizes sizes = new TrainingSizes(
                1,
                0,
                INPUTS,
                INPUTS,
                INPUTS,
                1,
                INPUTS,
                false,
                false,
                false,
                Map.of(Projection.Q_PROJ, RANK),
                true,
                1,
                TOKENS);
        TrainingBuffers buffers = new TrainingBuffers(kernels, sizes, List.of());
        buffers.begin(new PackedBatch(new int[TOKENS], new int[TOKENS], new int[] {0}, new BitSet()), dropout);
        return buffers;
    }

    /** What each input is multiplied by: the mask of ones. */
    private static double[] mask(Kernels kernels, Dropout dropout) {
        float[] mask = new float[TOKENS * INPUTS];
        float[] ones = new float[TOKENS * INPUTS];
        Arrays.fill(ones, 1);
        Arrays.fill(mask, 1);
        if (!dropout.isNone()) {
            dropout.apply(kernels, 0, ones, mask, TOKENS, INPUTS);
        }
        return ReferenceDecoder.doubles(mask);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.4})
    void everyGradientIsThatOfCentralDifferences(double probability) {
        MemorySegment values = MemorySegment.ofArray(gaussian(OUTPUTS * INPUTS));
        Tensor weight = new Tensor(
                "weight",
                DType.F32,
                new long[] {OUTPUTS, INPUTS},
                Arena.ofAuto().allocate(values.byteSize(), 64).copyFrom(values));
        float[] bias = gaussian(OUTPUTS);
        Linear base = new Linear(weight, bias);
        LoraModule module = new LoraModule(
                Projection.Q_PROJ.module(0),
                INPUTS,
                OUTPUTS,
                RANK,
                SCALING,
                gaussian(RANK * INPUTS),
                gaussian(OUTPUTS * RANK));
        LoraAdapter adapter = new LoraAdapter(LoraConfig.of(RANK, RANK), List.of(module), "");
        AdaptedLinear linear = AdaptedLinear.of(base, Projection.Q_PROJ, 0, adapter);
        Dropout dropout = new Dropout(probability, 3);
        float[] x = gaussian(TOKENS * INPUTS);
        float[] dy = gaussian(TOKENS * OUTPUTS);
        float[] y = new float[TOKENS * OUTPUTS];
        float[] dx = new float[TOKENS * INPUTS];
        LoraGradients gradients = new LoraGradients(adapter);
        double[] mask;
        try (Kernels kernels = KernelProvider.create(2)) {
            TrainingBuffers buffers = buffers(kernels, dropout);
            float[] lowRank = new float[TOKENS * RANK];
            linear.forward(buffers, x, y, lowRank);
            linear.backward(buffers, gradients, x, dy, dx, lowRank);
            mask = mask(kernels, dropout);
            float[] inPlace = x.clone();
            linear.backward(buffers, new LoraGradients(adapter), inPlace, dy, inPlace, lowRank);
            assertThat(inPlace).isEqualTo(dx);
        }
        double[] wideX = ReferenceDecoder.doubles(x);
        double[] a = ReferenceDecoder.doubles(module.a());
        double[] b = ReferenceDecoder.doubles(module.b());
        double[] w = ReferenceDecoder.values(weight);
        DoubleSupplier function = () -> weighted(dy, wideX, mask, w, bias, a, b);
        assertThat(Math.abs(function.getAsDouble() - dot(y, dy))).isLessThan(1e-3);
        Differences.assertGradient("x", dx, wideX, function, TOLERANCE);
        Differences.assertGradient("A", gradients.a(0), a, function, TOLERANCE);
        Differences.assertGradient("B", gradients.b(0), b, function, TOLERANCE);
    }

    private static double weighted(
            float[] dy, double[] x, double[] mask, double[] w, float[] bias, double[] a, double[] b) {
        double sum = 0;
        for (int t = 0; t < TOKENS; t++) {
            double[] low = new double[RANK];
            for (int r = 0; r < RANK; r++) {
                for (int i = 0; i < INPUTS; i++) {
                    low[r] += a[r * INPUTS + i] * mask[t * INPUTS + i] * x[t * INPUTS + i];
                }
            }
            for (int o = 0; o < OUTPUTS; o++) {
                double y = bias[o];
                for (int i = 0; i < INPUTS; i++) {
                    y += w[o * INPUTS + i] * x[t * INPUTS + i];
                }
                for (int r = 0; r < RANK; r++) {
                    y += SCALING * b[o * RANK + r] * low[r];
                }
                sum += dy[t * OUTPUTS + o] * y;
            }
        }
        return sum;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}

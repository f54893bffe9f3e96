package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Linear layers and their gradients through oneDNN against the scalar truth. In float with the Vector API's tolerance,
 * 1e-6 of the sum of the products' magnitudes; in brain float with 2⁻⁷ of it, two roundings by half of 2⁻⁸ each being
 * the most that a product can be off.
 *
 * <p>Needs the library: {@code CARAVAN_ONEDNN=/path/libdnnl.so.3 mvn -pl engine -am test}. docs/adr/0006-onednn.md says
 * where to get it.
 */
class KernelsOneDnnTest {
    private static final long SEED = 20261124;
    private static final String NOT_TESTED = "NOT TESTED: oneDNN, because CARAVAN_ONEDNN names no library";

    static Stream<Arguments> shapes() {
        return Stream.of(DType.values())
                .flatMap(dtype -> Stream.of(OneDnnPrecision.values())
                        .flatMap(precision -> Stream.of(
                                Arguments.of(dtype, precision, 64, 64, 256),
                                Arguments.of(dtype, precision, 65, 131, 512),
                                Arguments.of(dtype, precision, 97, 1, 768),
                                Arguments.of(dtype, precision, 70, 513, 1280))));
    }

    private static OneDnn library() {
        return new OneDnn(System.getenv("CARAVAN_ONEDNN"));
    }

    @EnabledIfEnvironmentVariable(named = "CARAVAN_ONEDNN", matches = ".+", disabledReason = NOT_TESTED)
    @ParameterizedTest
    @MethodSource("shapes")
    void equalsTheScalarTruth(DType dtype, OneDnnPrecision precision, int tokens, int outputs, int inputs) {
        WorkerPool pool = new WorkerPool(2);
        try (Kernels oneDnn = new VectorKernels(pool, new OneDnnLinear(library(), precision, pool));
                Kernels scalar = KernelProvider.scalar()) {
            RandomGenerator random = new SplittableRandom(SEED);
            Tensor weight = RandomTensors.matrix(dtype, outputs, inputs, random);
            Tensor magnitudes = magnitudes(weight);
            float[] x = RandomTensors.gaussian(tokens * inputs, random);
            float[] dy = RandomTensors.gaussian(tokens * outputs, random);
            double tolerance = precision == OneDnnPrecision.F32 ? 1e-6 : 0x1p-7;

            float[] y = new float[tokens * outputs];
            float[] yTruth = new float[tokens * outputs];
            float[] yMagnitude = new float[tokens * outputs];
            oneDnn.linear(weight, x, y, tokens);
            scalar.linear(weight, x, yTruth, tokens);
            scalar.linear(magnitudes, absolute(x), yMagnitude, tokens);
            assertClose(y, yTruth, yMagnitude, tolerance);

            float[] dx = new float[tokens * inputs];
            float[] dxTruth = new float[tokens * inputs];
            float[] dxMagnitude = new float[tokens * inputs];
            Arrays.fill(dx, Float.NaN);
            oneDnn.linearBackward(weight, dy, dx, tokens);
            scalar.linearBackward(weight, dy, dxTruth, tokens);
            scalar.linearBackward(magnitudes, absolute(dy), dxMagnitude, tokens);
            assertClose(dx, dxTruth, dxMagnitude, tolerance);

            float[] again = new float[tokens * inputs];
            oneDnn.linearBackward(weight, dy, again, tokens);
            assertThat(again).as("the same bits again").isEqualTo(dx);
        }
    }

    private static void assertClose(float[] actual, float[] truth, float[] magnitude, double tolerance) {
        for (int i = 0; i < truth.length; i++) {
            assertThat((double) actual[i])
                    .as("value %d", i)
                    .isCloseTo(truth[i], Offset.offset(tolerance * magnitude[i] + 1e-30));
        }
    }

    private static Tensor magnitudes(Tensor weight) {
        float[] values = new float[(int) weight.elements()];
        BlockFormat.of(weight.dtype()).dequantize(weight.data(), 0, values, 0, values.length);
        MemorySegment data = Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, values.length);
        MemorySegment.copy(absolute(values), 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
        return new Tensor("magnitudes", DType.F32, weight.shape(), data);
    }

    private static float[] absolute(float[] values) {
        float[] absolute = values.clone();
        for (int i = 0; i < values.length; i++) {
            absolute[i] = Math.abs(values[i]);
        }
        return absolute;
    }

    @EnabledIfEnvironmentVariable(named = "CARAVAN_ONEDNN", matches = ".+", disabledReason = NOT_TESTED)
    @Test
    void notANumberStaysOne() {
        for (OneDnnPrecision precision : OneDnnPrecision.values()) {
            WorkerPool pool = new WorkerPool(1);
            try (Kernels oneDnn = new VectorKernels(pool, new OneDnnLinear(library(), precision, pool))) {
                Tensor weight = RandomTensors.matrix(DType.F32, 3, 64, new SplittableRandom(SEED));
                float[] x = new float[64 * 64];
                x[5 * 64 + 7] = Float.NaN;
                float[] y = new float[64 * 3];
                oneDnn.linear(weight, x, y, 64);
                assertThat(y[5 * 3 + 1]).isNaN();
                assertThat(y[4 * 3 + 1]).isZero();
            }
        }
    }

    @Test
    void roundsToBrainFloatsAsTheReferenceDoes() {
        // The last is a not-a-number whose bits would round to infinity. Not 16, so that both loops run.
        float[] x = new float[37];
        short[] expected = new short[37];
        RandomGenerator random = new SplittableRandom(SEED);
        for (int i = 0; i < 36; i++) {
            x[i] = Float.intBitsToFloat(random.nextInt(0x7F800000) | (random.nextInt() & 0x80000000));
            float low = Float.intBitsToFloat(Float.floatToRawIntBits(x[i]) & 0xFFFF0000);
            float high = Float.intBitsToFloat((Float.floatToRawIntBits(x[i]) & 0xFFFF0000) + 0x10000);
            double toLow = Math.abs((double) x[i] - low);
            double toHigh = Math.abs((double) high - x[i]);
            boolean lowIsEven = (Float.floatToRawIntBits(low) >>> 16 & 1) == 0;
            float nearest = toLow < toHigh || (toLow == toHigh && lowIsEven) ? low : high;
            expected[i] = (short) (Float.floatToRawIntBits(nearest) >>> 16);
        }
        x[36] = Float.intBitsToFloat(0x7F800001);
        expected[36] = 0x7FC0;
        x[3] = Float.intBitsToFloat(0x7F800001);
        expected[3] = 0x7FC0;
        x[4] = Float.intBitsToFloat(0x3F808000);
        expected[4] = 0x3F80;
        x[5] = Float.intBitsToFloat(0x3F818000);
        expected[5] = 0x3F82;
        x[6] = Float.NEGATIVE_INFINITY;
        expected[6] = (short) 0xFF80;
        MemorySegment to = Arena.ofAuto().allocate(2L * x.length);
        OneDnnPrecision.BF16.store(x, 0, to, 0, x.length);
        assertThat(to.toArray(ValueLayout.JAVA_SHORT)).isEqualTo(expected);
    }

    @Test
    void whatIsNoSuchLibraryIsRefused() {
        assertThatThrownBy(() -> new OneDnn("/none/libdnnl.so.3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("/none/libdnnl.so.3 is no oneDNN 3");
        assertThatThrownBy(() -> new OneDnn("libm.so.6"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("libm.so.6 is no oneDNN 3");
    }
}

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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The vector kernels' linear layer against the scalar truth: every dtype, numbers of tokens on both sides of every
 * tile's edge, outputs that fill no panel. The build runs this class at each vector width.
 *
 * <p>Tolerance: 1e-6 of the sum of the products' magnitudes. Values are exact up to one rounding (scale times quant
 * plus minimum), sums are float.
 */
class KernelsLinearTest {
    private static final double TOLERANCE = 1e-6;
    private static final long SEED = 20261123;

    private final Kernels scalar = KernelProvider.scalar();
    private final Kernels vector = new VectorKernels(new WorkerPool(2));

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
                    Arguments.of(dtype, 1, 7, 3 * odd),
                    Arguments.of(dtype, 1, 300, 768),
                    Arguments.of(dtype, 2, 5, 2 * odd),
                    Arguments.of(dtype, 3, 33, 256),
                    Arguments.of(dtype, 4, 9, odd),
                    Arguments.of(dtype, 5, 24, 512),
                    Arguments.of(dtype, 7, 11, 4096),
                    Arguments.of(dtype, 8, 25, odd),
                    Arguments.of(dtype, 9, 23, odd),
                    Arguments.of(dtype, 17, 49, 256),
                    Arguments.of(dtype, 33, 6, 768),
                    Arguments.of(dtype, 64, 50, 512),
                    Arguments.of(dtype, 65, 1, odd),
                    Arguments.of(dtype, 17, 26, 4352),
                    Arguments.of(dtype, 600, 3, 256));
        });
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void equalsTheScalarTruth(DType dtype, int tokens, int outputs, int inputs) {
        RandomGenerator random = new SplittableRandom(SEED);
        Tensor weight = RandomTensors.matrix(dtype, outputs, inputs, random);
        float[] x = RandomTensors.gaussian(tokens * inputs, random);
        float[] expected = new float[tokens * outputs];
        float[] actual = new float[tokens * outputs + 1];
        scalar.linear(weight, x, expected, tokens);
        vector.linear(weight, x, actual, tokens);

        float[] row = new float[inputs];
        for (int o = 0; o < outputs; o++) {
            BlockFormat.of(dtype).dequantize(weight.data(), o * dtype.byteSize(inputs), row, 0, inputs);
            for (int t = 0; t < tokens; t++) {
                double magnitude = 0;
                for (int i = 0; i < inputs; i++) {
                    magnitude += Math.abs((double) row[i] * x[t * inputs + i]);
                }
                assertThat((double) actual[t * outputs + o])
                        .as("%s token %d output %d", dtype, t, o)
                        .isCloseTo(expected[t * outputs + o], Offset.offset(TOLERANCE * magnitude + 1e-30));
            }
        }
        assertThat(actual[tokens * outputs]).as("behind the end").isZero();
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void unpacksARowAsTheScalarTruthDoes(DType dtype) {
        int columns = dtype.blockElements() == 1 ? 77 : 3 * dtype.blockElements();
        Tensor table = RandomTensors.matrix(dtype, 9, columns, new SplittableRandom(SEED));
        float[] expected = new float[columns];
        float[] actual = new float[columns + 2];
        scalar.row(table, 8, expected, 0);
        vector.row(table, 8, actual, 1);
        for (int i = 0; i < columns; i++) {
            // A fused multiply-add rounds once where the truth rounds twice.
            assertThat(actual[i + 1]).as("%s %d", dtype, i).isCloseTo(expected[i], Offset.offset(2e-6f));
        }
        assertThat(actual[0] + actual[columns + 1]).isZero();
    }

    @Test
    void unpacksEveryHalfAndEveryBrainFloat() {
        Tensor halves = everyShort(DType.F16);
        Tensor brains = everyShort(DType.BF16);
        float[] y = new float[1 << 16];
        vector.row(halves, 0, y, 0);
        for (int bits = 0; bits < y.length; bits++) {
            assertThat(y[bits]).isEqualTo(Float.valueOf(Float.float16ToFloat((short) bits)));
        }
        vector.row(brains, 0, y, 0);
        for (int bits = 0; bits < y.length; bits++) {
            assertThat(y[bits]).isEqualTo(Float.valueOf(Float.intBitsToFloat(bits << 16)));
        }
    }

    private static Tensor everyShort(DType dtype) {
        short[] all = new short[1 << 16];
        for (int i = 0; i < all.length; i++) {
            all[i] = (short) i;
        }
        MemorySegment data = Arena.ofAuto().allocate(2L * all.length, 64);
        MemorySegment.copy(all, 0, data, ValueLayout.JAVA_SHORT, 0, all.length);
        return new Tensor("all", dtype, new long[] {1, all.length}, data);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void keepsExtremesAndNotANumber(DType dtype) {
        int inputs = 256;
        for (byte fill : new byte[] {0, -1, (byte) 0x80, 0x7F}) {
            Tensor weight = RandomTensors.matrix(dtype, 2, inputs, new SplittableRandom(SEED));
            if (dtype.blockElements() > 1) {
                for (long i = 0; i < weight.data().byteSize(); i++) {
                    long inBlock = i % dtype.blockBytes();
                    if (!isScale(dtype, inBlock)) {
                        weight.data().set(ValueLayout.JAVA_BYTE, i, fill);
                    }
                }
            }
            for (int tokens : new int[] {1, 2, 12}) {
                float[] x = new float[tokens * inputs];
                Arrays.fill(x, Float.MIN_VALUE * 1000);
                x[3] = Float.NaN;
                x[(tokens - 1) * inputs + 5] = 1e30f;
                float[] expected = new float[2 * tokens];
                float[] actual = new float[2 * tokens];
                scalar.linear(weight, x, expected, tokens);
                vector.linear(weight, x, actual, tokens);
                for (int i = 0; i < actual.length; i++) {
                    if (Float.isNaN(expected[i])) {
                        assertThat(actual[i])
                                .as("%s fill %d value %d", dtype, fill, i)
                                .isNaN();
                    } else {
                        assertThat(actual[i])
                                .isCloseTo(expected[i], Offset.offset(Math.abs(expected[i]) * 1e-5f + 1e-38f));
                    }
                }
            }
        }
    }

    private static boolean isScale(DType dtype, long byteInBlock) {
        return switch (dtype) {
            case Q6_K -> byteInBlock >= 208;
            case Q5_1, NF4, FP4, INT8 -> byteInBlock < 4;
            case F32, F16, BF16, Q4_0, Q5_0, Q8_0, Q4_K, Q5_K -> byteInBlock < 2;
        };
    }

    @Test
    void refusesWhatDoesNotFit() {
        Tensor weight = RandomTensors.matrix(DType.F32, 4, 8, new SplittableRandom(SEED));
        for (Kernels kernels : new Kernels[] {scalar, vector}) {
            assertThatThrownBy(() -> kernels.linear(weight, new float[15], new float[8], 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("15");
            assertThatThrownBy(() -> kernels.row(weight, 4, new float[8], 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}

package dev.caravan.engine.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Packing of GGUF's types. The plain blocks equal gguf-py's byte for byte. The K-quants are Caravan's own search: their
 * squared error is compared with ggml's on normal, heavy-tailed and real weights.
 */
class PackingTest {
    private static final int COLUMNS = 256;
    private static final List<String> KINDS = List.of("normal", "heavy-tailed", "weights");
    private static final float[] VALUES = Golden.values("quant/packing.f16", DType.F16);

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"Q4_0", "Q5_0", "Q5_1", "Q8_0"})
    void packsAsTheReferenceDoes(DType dtype) {
        assertThat(pack(dtype, VALUES)).isEqualTo(Golden.bytes("quant/" + dtype + ".packed"));
        float[] special = Golden.floats("quant/packing-special.f32");
        byte[] packed = pack(dtype, special);
        byte[] expected = Golden.bytes("quant/" + dtype + "-special.packed");
        int rowBytes = (int) dtype.byteSize(COLUMNS);
        for (int row = 0; row < special.length / COLUMNS; row++) {
            assertThat(Arrays.copyOfRange(packed, row * rowBytes, (row + 1) * rowBytes))
                    .as("%s special row %d", dtype, row)
                    .isEqualTo(Arrays.copyOfRange(expected, row * rowBytes, (row + 1) * rowBytes));
        }
    }

    static Stream<Arguments> referenceErrors() {
        return new String(Golden.bytes("quant/errors.tsv"), StandardCharsets.US_ASCII)
                .lines()
                .skip(1)
                .map(line -> line.split("\t", -1))
                .map(cells -> Arguments.of(DType.valueOf(cells[0]), cells[1], Double.parseDouble(cells[2])));
    }

    @ParameterizedTest
    @MethodSource("referenceErrors")
    void losesNoMoreThanGgmlWithinOnePercent(DType dtype, String kind, double reference) {
        int size = VALUES.length / KINDS.size();
        float[] values = Arrays.copyOfRange(VALUES, KINDS.indexOf(kind) * size, (KINDS.indexOf(kind) + 1) * size);
        double error = squaredError(dtype, values);
        assertThat(error).isBetween(0.5 * reference, 1.01 * reference);
    }

    private static double squaredError(DType dtype, float[] values) {
        float[] unpacked = unpack(dtype, pack(dtype, values), values.length);
        double error = 0;
        for (int i = 0; i < values.length; i++) {
            error += ((double) unpacked[i] - values[i]) * ((double) unpacked[i] - values[i]);
        }
        return error;
    }

    /** What lies on a format's own grid, with scales that need no rounding, comes back. */
    @ParameterizedTest
    @CsvSource({"Q4_K, 15", "Q5_K, 31"})
    void keepsWhatTheGridHolds(DType dtype, int greatestCode) {
        RandomGenerator random = new SplittableRandom(20261124);
        float[] values = new float[COLUMNS];
        for (int j = 0; j < 8; j++) {
            int scale = j == 0 ? 63 : 1 + random.nextInt(62);
            int minimum = j == 1 ? 63 : random.nextInt(63);
            for (int k = 0; k < 32; k++) {
                int code = k == 0 ? 0 : k == 1 ? greatestCode : random.nextInt(greatestCode + 1);
                values[32 * j + k] = 0.0625f * scale * code - 0.5f * minimum;
            }
        }
        assertThat(unpack(dtype, pack(dtype, values), COLUMNS)).containsExactly(values);
    }

    @Test
    void keepsWhatTheGridOfQ6_KHolds() {
        RandomGenerator random = new SplittableRandom(20261124);
        float[] values = new float[COLUMNS];
        for (int j = 0; j < 16; j++) {
            int scale = j == 0 ? -128 : random.nextInt(1, 127);
            for (int k = 0; k < 16; k++) {
                int code = k == 0 ? -32 : random.nextInt(-32, 32);
                values[16 * j + k] = 0.25f * scale * code;
            }
        }
        assertThat(unpack(DType.Q6_K, pack(DType.Q6_K, values), COLUMNS)).containsExactly(values);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void packsZerosEqualAndTinyValues(DType dtype) {
        for (float value : new float[] {0, -0f, 1, -0.75f, 1e-20f, -1e-38f}) {
            float[] values = new float[COLUMNS];
            Arrays.fill(values, value);
            for (float unpacked : unpack(dtype, pack(dtype, values), COLUMNS)) {
                // Below half precision's least scale nothing is left; above, 4 bits give a value to one part in 30.
                assertThat(Math.abs(unpacked - value)).isLessThanOrEqualTo(Math.abs(value) < 1e-7 ? 1e-7f : 0.005f);
            }
        }
    }

    /** INT8 has one scale for a row; every other format keeps what is not finite in its block. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = "INT8", mode = EnumSource.Mode.EXCLUDE)
    void keepsWhatIsNotFiniteInItsBlock(DType dtype) {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] values = Arrays.copyOf(VALUES, 2 * COLUMNS);
            values[17] = value;
            float[] unpacked = unpack(dtype, pack(dtype, values), values.length);
            float[] alone = unpack(dtype, pack(dtype, Arrays.copyOfRange(values, COLUMNS, 2 * COLUMNS)), COLUMNS);
            assertThat(Arrays.copyOfRange(unpacked, COLUMNS, 2 * COLUMNS)).containsExactly(alone);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void packsAtAnOffsetAndWritesNothingElse(DType dtype) {
        int rowBytes = (int) dtype.byteSize(COLUMNS);
        byte[] packed = new byte[rowBytes + 7];
        Arrays.fill(packed, (byte) 0x5A);
        BlockFormat.of(dtype).quantize(VALUES, COLUMNS, COLUMNS, MemorySegment.ofArray(packed), 3);
        byte[] alone = pack(dtype, Arrays.copyOfRange(VALUES, COLUMNS, 2 * COLUMNS));
        assertThat(Arrays.copyOfRange(packed, 3, 3 + rowBytes)).isEqualTo(alone);
        assertThat(new byte[] {packed[0], packed[2], packed[rowBytes + 3], packed[rowBytes + 6]})
                .containsOnly(0x5A);
    }

    private static byte[] pack(DType dtype, float[] values) {
        byte[] packed = new byte[(int) dtype.byteSize(values.length)];
        BlockFormat.of(dtype).quantize(values, 0, values.length, MemorySegment.ofArray(packed), 0);
        return packed;
    }

    private static float[] unpack(DType dtype, byte[] packed, int size) {
        float[] values = new float[size];
        BlockFormat.of(dtype).dequantize(MemorySegment.ofArray(packed), 0, values, 0, size);
        return values;
    }
}

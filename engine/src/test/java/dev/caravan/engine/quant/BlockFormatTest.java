package dev.caravan.engine.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every block format gives the values of gguf-py, bit for bit. The golden files' folder says how they were made. */
class BlockFormatTest {

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "NF4", "FP4", "INT8"},
            mode = EnumSource.Mode.EXCLUDE)
    void unpacksAsTheReferenceDoes(DType dtype) {
        byte[] packed = Golden.bytes("quant/" + dtype + ".bin");
        float[] expected = Golden.floats("quant/" + dtype + ".f32");
        assertThat(dtype.byteSize(expected.length)).isEqualTo(packed.length);

        float[] actual = new float[expected.length];
        BlockFormat.of(dtype).dequantize(MemorySegment.ofArray(packed), 0, actual, 0, actual.length);

        for (int i = 0; i < expected.length; i++) {
            // Zeros may differ in sign where the reference multiplies in another order; nothing else may.
            assertThat(actual[i] + 0f).as("%s value %d", dtype, i).isEqualTo(expected[i] + 0f);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void unpacksFromAnOffsetAndWritesNothingElse(DType dtype) {
        int block = dtype.blockElements();
        byte[] packed = new byte[3 * dtype.blockBytes() + 5];
        for (int i = 0; i < packed.length; i++) {
            packed[i] = (byte) (i % 61);
        }
        float[] all = new float[3 * block];
        float[] last = new float[block + 4];
        MemorySegment data = MemorySegment.ofArray(packed);
        BlockFormat.of(dtype).dequantize(data, 5, all, 0, 3 * block);
        BlockFormat.of(dtype).dequantize(data, 5 + 2L * dtype.blockBytes(), last, 2, block);

        assertThat(Arrays.copyOfRange(last, 2, 2 + block))
                .containsExactly(Arrays.copyOfRange(all, 2 * block, 3 * block));
        assertThat(last[0] + last[1] + last[block + 2] + last[block + 3]).isZero();
    }

    @Test
    void keepsInfinityAndNotANumber() {
        MemorySegment halves = MemorySegment.ofArray(new short[] {0x7C00, (short) 0xFC00, 0x7E00});
        MemorySegment brains = MemorySegment.ofArray(new short[] {0x7F80, (short) 0xFF80, 0x7FC0});
        MemorySegment singles = MemorySegment.ofArray(new byte[12]);
        singles.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, Float.POSITIVE_INFINITY);
        singles.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4, Float.NEGATIVE_INFINITY);
        singles.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 8, Float.NaN);
        float[] y = new float[3];
        F16.FORMAT.dequantize(halves, 0, y, 0, 3);
        assertThat(y).containsExactly(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN);
        BF16.FORMAT.dequantize(brains, 0, y, 0, 3);
        assertThat(y).containsExactly(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN);
        F32.FORMAT.dequantize(singles, 0, y, 0, 3);
        assertThat(y).containsExactly(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN);
    }
}

package dev.caravan.engine.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** LLM.int8()'s codes and scales as bitsandbytes makes them: random rows, a row of zeros, ties, a great outlier. */
class Bitsandbytes8bitTest {
    private static final String FOLDER = "quant4bit/";
    private static final int COLUMNS = 128;
    private static final int ROW_BYTES = (int) DType.INT8.byteSize(COLUMNS);

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16", "F16"})
    void packsRowsAsBitsandbytesDoes(DType input) {
        float[] values = Golden.values(FOLDER + "rows-" + Golden.torch(input) + ".bin", input);
        byte[] codes = Golden.bytes(FOLDER + "int8-" + Golden.torch(input) + "-CB.bin");
        float[] magnitudes = Golden.floats(FOLDER + "int8-" + Golden.torch(input) + "-SCB.bin");
        byte[] expected = new byte[values.length / COLUMNS * ROW_BYTES];
        Bitsandbytes8bit.toBlocks(MemorySegment.ofArray(codes), magnitudes, COLUMNS, MemorySegment.ofArray(expected));

        byte[] blocks = new byte[expected.length];
        for (int row = 0; row < magnitudes.length; row++) {
            INT8.FORMAT.quantize(values, row * COLUMNS, COLUMNS, MemorySegment.ofArray(blocks), (long) row * ROW_BYTES);
        }
        assertThat(blocks).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16", "F16"})
    void unpacksToWithinTwoUnitsInTheLastPlace(DType input) {
        byte[] codes = Golden.bytes(FOLDER + "int8-" + Golden.torch(input) + "-CB.bin");
        float[] magnitudes = Golden.floats(FOLDER + "int8-" + Golden.torch(input) + "-SCB.bin");
        float[] expected = Golden.floats(FOLDER + "int8-" + Golden.torch(input) + "-values.bin");
        byte[] blocks = new byte[codes.length / 64 * 68];
        Bitsandbytes8bit.toBlocks(MemorySegment.ofArray(codes), magnitudes, COLUMNS, MemorySegment.ofArray(blocks));
        float[] fromBlocks = new float[codes.length];
        INT8.FORMAT.dequantize(MemorySegment.ofArray(blocks), 0, fromBlocks, 0, codes.length);
        byte[] plain = new byte[4 * codes.length];
        Bitsandbytes8bit.dequantize(
                MemorySegment.ofArray(codes), magnitudes, COLUMNS, DType.F32, MemorySegment.ofArray(plain));
        float[] values = new float[codes.length];
        F32.FORMAT.dequantize(MemorySegment.ofArray(plain), 0, values, 0, codes.length);

        for (int i = 0; i < expected.length; i++) {
            assertThat(fromBlocks[i])
                    .as("value %d", i)
                    .isCloseTo(expected[i], Offset.offset(2 * Math.ulp(expected[i])));
            assertThat(values[i]).as("value %d", i).isEqualTo(fromBlocks[i]);
        }
    }

    @Test
    void refusesPartsThatDoNotBelongTogether() {
        MemorySegment codes = MemorySegment.ofArray(new byte[192]);
        MemorySegment blocks = MemorySegment.ofArray(new byte[204]);
        assertThatThrownBy(() -> Bitsandbytes8bit.toBlocks(codes, new float[2], 64, blocks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("192 codes are not 2 rows of 64, of which SCB has the magnitudes");
        assertThatThrownBy(() -> Bitsandbytes8bit.toBlocks(codes, new float[2], 96, blocks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("96");
        assertThatThrownBy(() -> Bitsandbytes8bit.dequantize(codes, new float[2], 96, DType.F32, blocks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("204 bytes");
        assertThat(Bitsandbytes8bit.fitsBlocks(96)).isFalse();
        assertThat(Bitsandbytes8bit.fitsBlocks(128)).isTrue();
    }
}

package dev.caravan.engine.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * NF4 and FP4 as bitsandbytes makes and reads them on a CPU, bit for bit: random blocks, zeros of both signs, every
 * midpoint and its neighbours, subnormal and greatest magnitudes, infinity and not-a-number.
 */
class Bitsandbytes4bitTest {
    private static final String FOLDER = "quant4bit/";

    @ParameterizedTest
    @CsvSource({"NF4,F32", "NF4,BF16", "NF4,F16", "FP4,F32", "FP4,BF16", "FP4,F16"})
    void packsAsBitsandbytesDoes(DType dtype, DType input) {
        float[] values = Golden.values(FOLDER + "values-" + Golden.torch(input) + ".bin", input);
        MemorySegment blocks = MemorySegment.ofArray(new byte[(int) dtype.byteSize(values.length)]);
        BlockFormat.of(dtype).quantize(values, 0, values.length, blocks, 0);

        byte[] packed = new byte[values.length / 2];
        float[] absmax = Bitsandbytes4bit.fromBlocks(blocks, MemorySegment.ofArray(packed));

        String reference = reference(dtype, input);
        Golden.assertSame(absmax, Golden.floats(reference + "-absmax.bin"), "absmax");
        assertThat(packed).isEqualTo(Golden.bytes(reference + "-packed.bin"));
    }

    @ParameterizedTest
    @CsvSource({"NF4", "FP4"})
    void unpacksBlocksAsBitsandbytesDoes(DType dtype) {
        MemorySegment blocks = blocks(dtype, DType.F32);
        float[] expected = Golden.floats(reference(dtype, DType.F32) + "-values.bin");
        float[] values = new float[expected.length];
        BlockFormat.of(dtype).dequantize(blocks, 0, values, 0, values.length);
        Golden.assertSame(values, expected, dtype.name());
    }

    @ParameterizedTest
    @CsvSource({"NF4,BF16", "FP4,BF16", "NF4,F32", "FP4,F32"})
    void unpacksToTheTypeOfTheQuantState(DType dtype, DType valueType) {
        String reference = reference(dtype, valueType);
        byte[] expected = Golden.bytes(reference + "-values.bin");
        byte[] values = new byte[expected.length];
        Bitsandbytes4bit.dequantize(
                dtype,
                MemorySegment.ofArray(Golden.bytes(reference + "-packed.bin")),
                Golden.floats(reference + "-absmax.bin"),
                64,
                valueType,
                MemorySegment.ofArray(values));
        Golden.assertSame(values(values, valueType), values(expected, valueType), reference);
    }

    @ParameterizedTest
    @CsvSource({
        "NF4, BF16, nf4-bfloat16-5x96-by-64, 64",
        "FP4, F16, fp4-float16-3x35-by-64, 64",
        "NF4, F32, nf4-float32-4x128-by-128, 128",
        "NF4, BF16, nf4-bfloat16-3x128-by-32, 32"
    })
    void unpacksBlocksOfAnySizeThatCrossRows(DType dtype, DType valueType, String name, int blockSize) {
        byte[] expected = Golden.bytes(FOLDER + name + "-values.bin");
        byte[] values = new byte[expected.length];
        Bitsandbytes4bit.dequantize(
                dtype,
                MemorySegment.ofArray(Golden.bytes(FOLDER + name + "-packed.bin")),
                Golden.floats(FOLDER + name + "-absmax.bin"),
                blockSize,
                valueType,
                MemorySegment.ofArray(values));
        assertThat(values).isEqualTo(expected);
    }

    @Test
    void repeatsTheScaleOfGreaterBlocks() {
        String name = FOLDER + "nf4-float32-4x128-by-128";
        float[] expected = Golden.floats(name + "-values.bin");
        MemorySegment blocks = MemorySegment.ofArray(new byte[(int) DType.NF4.byteSize(expected.length)]);
        Bitsandbytes4bit.toBlocks(
                MemorySegment.ofArray(Golden.bytes(name + "-packed.bin")),
                Golden.floats(name + "-absmax.bin"),
                128,
                blocks);
        float[] values = new float[expected.length];
        NF4.FORMAT.dequantize(blocks, 0, values, 0, values.length);
        Golden.assertSame(values, expected, name);
        assertThat(Bitsandbytes4bit.fitsBlocks(128, 128)).isTrue();
        assertThat(Bitsandbytes4bit.fitsBlocks(96, 64)).isFalse();
        assertThat(Bitsandbytes4bit.fitsBlocks(128, 32)).isFalse();
    }

    @Test
    void takesBlocksApartAsTheyWere() {
        MemorySegment blocks = blocks(DType.NF4, DType.BF16);
        byte[] packed = new byte[(int) (blocks.byteSize() / 36 * 32)];
        float[] absmax = Bitsandbytes4bit.fromBlocks(blocks, MemorySegment.ofArray(packed));
        Golden.assertSame(absmax, Golden.floats(reference(DType.NF4, DType.BF16) + "-absmax.bin"), "absmax");
        assertThat(packed).isEqualTo(Golden.bytes(reference(DType.NF4, DType.BF16) + "-packed.bin"));
    }

    @Test
    void refusesPartsThatDoNotBelongTogether() {
        MemorySegment packed = MemorySegment.ofArray(new byte[64]);
        MemorySegment blocks = MemorySegment.ofArray(new byte[72]);
        assertThatThrownBy(() -> Bitsandbytes4bit.toBlocks(packed, new float[3], 64, blocks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("3 values of absmax, expected 2: one for each 64 weights");
        assertThatThrownBy(() -> Bitsandbytes4bit.toBlocks(packed, new float[2], 64, blocks.asSlice(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("71 bytes");
        assertThatThrownBy(() -> Bitsandbytes4bit.toBlocks(packed, new float[4], 32, blocks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("32");
        assertThatThrownBy(() -> Bitsandbytes4bit.fromBlocks(blocks, packed.asSlice(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Bitsandbytes4bit.dequantize(DType.Q4_0, packed, new float[2], 64, DType.F32, blocks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Q4_0");
        assertThatThrownBy(() -> Bitsandbytes4bit.dequantize(DType.NF4, packed, new float[2], 64, DType.F32, blocks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64 packed bytes");
    }

    private static MemorySegment blocks(DType dtype, DType input) {
        String reference = reference(dtype, input);
        byte[] packed = Golden.bytes(reference + "-packed.bin");
        MemorySegment blocks = MemorySegment.ofArray(new byte[(int) dtype.byteSize(2L * packed.length)]);
        Bitsandbytes4bit.toBlocks(MemorySegment.ofArray(packed), Golden.floats(reference + "-absmax.bin"), 64, blocks);
        return blocks;
    }

    private static String reference(DType dtype, DType input) {
        return FOLDER + dtype.name().toLowerCase(Locale.ROOT) + "-" + Golden.torch(input);
    }

    private static float[] values(byte[] bytes, DType dtype) {
        float[] values = new float[bytes.length / dtype.blockBytes()];
        BlockFormat.of(dtype).dequantize(MemorySegment.ofArray(bytes), 0, values, 0, values.length);
        return values;
    }
}

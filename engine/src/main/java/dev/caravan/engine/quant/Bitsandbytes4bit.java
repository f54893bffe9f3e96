package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Between bitsandbytes' 4-bit tensors as its files hold them and Caravan's NF4 and FP4 blocks.
 *
 * <p>A file holds the nibbles of the whole matrix, flattened row by row, in one tensor and the scales (absmax) of each
 * {@code blockSize} of these values in another:
 *
 * <pre>
 * packed  | q0 q1 | q2 q3 | ...        two values a byte, the first in the high nibble
 * absmax  | f32 of values 0 … 63 | f32 of values 64 … 127 | ...
 * </pre>
 *
 * A block of Caravan's is the same 32 bytes with the scale before them. That works where every row is a whole number of
 * blocks; a matrix of other rows has blocks that cross rows, and is unpacked to values instead.
 */
public final class Bitsandbytes4bit {
    private static final int BLOCK = DType.NF4.blockElements();
    private static final int PACKED = BLOCK / 2;
    private static final int BLOCK_BYTES = DType.NF4.blockBytes();

    private Bitsandbytes4bit() {}

    /** Whether a matrix with rows of so many values, quantised in blocks of so many, can become blocks. */
    public static boolean fitsBlocks(int columns, int blockSize) {
        return columns % BLOCK == 0 && blockSize % BLOCK == 0;
    }

    /**
     * Puts the parts of a file together to NF4 or FP4 blocks.
     *
     * @param packed the nibbles, 32 bytes for each 64 values
     * @param absmax one scale for each {@code blockSize} values begun
     * @param blockSize a multiple of 64: a greater block's scale goes to several of Caravan's
     * @param blocks receives 36 bytes for each 64 values
     */
    public static void toBlocks(MemorySegment packed, float[] absmax, int blockSize, MemorySegment blocks) {
        long count = packed.byteSize() / PACKED;
        if (blockSize < 1 || blockSize % BLOCK != 0) {
            throw new IllegalArgumentException("blocks of %d values are no multiple of %d".formatted(blockSize, BLOCK));
        }
        if (packed.byteSize() % PACKED != 0 || blocks.byteSize() != count * BLOCK_BYTES) {
            throw new IllegalArgumentException(
                    "%d packed bytes do not make %d bytes of blocks".formatted(packed.byteSize(), blocks.byteSize()));
        }
        int ratio = blockSize / BLOCK;
        checkScales(absmax.length, Math.ceilDiv(count, ratio), blockSize);
        for (long b = 0; b < count; b++) {
            Bytes.putF32(blocks, b * BLOCK_BYTES, absmax[(int) (b / ratio)]);
            MemorySegment.copy(packed, b * PACKED, blocks, b * BLOCK_BYTES + 4, PACKED);
        }
    }

    /**
     * Takes NF4 or FP4 blocks apart for a file, the reverse of {@link #toBlocks} with blocks of 64.
     *
     * @param packed receives 32 bytes for each block
     * @return absmax, one for each block
     */
    public static float[] fromBlocks(MemorySegment blocks, MemorySegment packed) {
        int count = Math.toIntExact(blocks.byteSize() / BLOCK_BYTES);
        if (blocks.byteSize() % BLOCK_BYTES != 0 || packed.byteSize() != (long) count * PACKED) {
            throw new IllegalArgumentException(
                    "%d bytes of blocks do not make %d packed bytes".formatted(blocks.byteSize(), packed.byteSize()));
        }
        float[] absmax = new float[count];
        for (int b = 0; b < count; b++) {
            absmax[b] = Bytes.f32(blocks, (long) b * BLOCK_BYTES);
            MemorySegment.copy(blocks, (long) b * BLOCK_BYTES + 4, packed, (long) b * PACKED, PACKED);
        }
        return absmax;
    }

    /**
     * Unpacks a file's tensor to plain values, each code times its absmax in float and then rounded to the value's type,
     * as bitsandbytes does.
     *
     * @param dtype NF4 or FP4
     * @param packed the nibbles; an odd number of values leaves the last one unused
     * @param absmax one for each {@code blockSize} values begun
     * @param blockSize an even number
     * @param valueType F32, F16 or BF16: the quant state's {@code dtype}
     * @param values receives as many values as fit it, row-major
     */
    public static void dequantize(
            DType dtype, MemorySegment packed, float[] absmax, int blockSize, DType valueType, MemorySegment values) {
        FourBitCode code = code(dtype);
        long count = values.byteSize() / valueType.blockBytes();
        if (valueType.blockElements() != 1 || packed.byteSize() != Math.ceilDiv(count, 2L)) {
            throw new IllegalArgumentException("%d packed bytes do not make %d bytes of %s"
                    .formatted(packed.byteSize(), values.byteSize(), valueType));
        }
        if (blockSize < 2 || blockSize % 2 != 0) {
            throw new IllegalArgumentException("blocks of %d values: an even number is needed".formatted(blockSize));
        }
        checkScales(absmax.length, Math.ceilDiv(count, blockSize), blockSize);
        BlockFormat format = BlockFormat.of(valueType);
        float[] block = new float[blockSize];
        for (int b = 0; b < absmax.length; b++) {
            long first = (long) b * blockSize;
            int size = (int) Math.min(blockSize, count - first);
            code.unpack(packed, first / 2, absmax[b], block, size);
            format.quantize(block, 0, size, values, first * valueType.blockBytes());
        }
    }

    private static FourBitCode code(DType dtype) {
        if (dtype != DType.NF4 && dtype != DType.FP4) {
            throw new IllegalArgumentException(dtype + " is no type of bitsandbytes' 4 bits; take NF4 or FP4");
        }
        return dtype == DType.NF4 ? NF4.CODE : FP4.CODE;
    }

    private static void checkScales(long actual, long expected, int blockSize) {
        if (actual != expected) {
            throw new IllegalArgumentException(
                    "%d values of absmax, expected %d: one for each %d weights".formatted(actual, expected, blockSize));
        }
    }
}

package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * From LLM.int8()'s tensors as bitsandbytes' files hold them to Caravan's INT8 blocks.
 *
 * <p>A file holds the signed bytes of the matrix, row by row (bitsandbytes calls them CB; the tensor is the layer's
 * {@code weight}), and each row's greatest magnitude (SCB).
 */
public final class Bitsandbytes8bit {
    private static final int BLOCK = DType.INT8.blockElements();
    private static final int BLOCK_BYTES = DType.INT8.blockBytes();

    private Bitsandbytes8bit() {}

    /** Whether a matrix with rows of so many values can become blocks. */
    public static boolean fitsBlocks(int columns) {
        return columns % BLOCK == 0;
    }

    /**
     * Puts the parts of a file together to INT8 blocks.
     *
     * @param bytes {@code [rows, columns]}, signed
     * @param rowMagnitudes SCB, {@code [rows]}
     * @param columns a multiple of 64
     * @param blocks receives 68 bytes for each 64 values
     */
    public static void toBlocks(MemorySegment bytes, float[] rowMagnitudes, int columns, MemorySegment blocks) {
        check(bytes, rowMagnitudes, columns);
        if (columns % BLOCK != 0 || blocks.byteSize() != DType.INT8.byteSize(bytes.byteSize())) {
            throw new IllegalArgumentException("rows of %d values do not make %d bytes of blocks of %d"
                    .formatted(columns, blocks.byteSize(), BLOCK));
        }
        int blocksPerRow = columns / BLOCK;
        for (long b = 0; b < bytes.byteSize() / BLOCK; b++) {
            Bytes.putF32(blocks, b * BLOCK_BYTES, rowMagnitudes[(int) (b / blocksPerRow)] / 127);
            MemorySegment.copy(bytes, b * BLOCK, blocks, b * BLOCK_BYTES + 4, BLOCK);
        }
    }

    /**
     * Unpacks a file's tensor to plain values.
     *
     * @param bytes {@code [rows, columns]}, signed
     * @param rowMagnitudes SCB, {@code [rows]}
     * @param valueType F32, F16 or BF16
     * @param values receives {@code [rows, columns]}
     */
    public static void dequantize(
            MemorySegment bytes, float[] rowMagnitudes, int columns, DType valueType, MemorySegment values) {
        check(bytes, rowMagnitudes, columns);
        if (valueType.blockElements() != 1 || values.byteSize() != valueType.byteSize(bytes.byteSize())) {
            throw new IllegalArgumentException(
                    "%d codes do not make %d bytes of %s".formatted(bytes.byteSize(), values.byteSize(), valueType));
        }
        BlockFormat format = BlockFormat.of(valueType);
        float[] row = new float[columns];
        for (int r = 0; r < rowMagnitudes.length; r++) {
            float scale = rowMagnitudes[r] / 127;
            for (int i = 0; i < columns; i++) {
                row[i] = scale * bytes.get(ValueLayout.JAVA_BYTE, (long) r * columns + i);
            }
            format.quantize(row, 0, columns, values, valueType.byteSize((long) r * columns));
        }
    }

    private static void check(MemorySegment bytes, float[] rowMagnitudes, int columns) {
        if (bytes.byteSize() != (long) rowMagnitudes.length * columns) {
            throw new IllegalArgumentException("%d codes are not %d rows of %d, of which SCB has the magnitudes"
                    .formatted(bytes.byteSize(), rowMagnitudes.length, columns));
        }
    }
}

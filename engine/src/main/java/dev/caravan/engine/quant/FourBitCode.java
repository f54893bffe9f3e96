package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Blocks of 64 values of 4 bits, each the index of a code: what NF4 and FP4 have in common. The codes lie in [-1, 1] and
 * are multiplied by the block's greatest magnitude, absmax.
 *
 * <pre>
 * byte  0            4                                 36
 *       | f32 absmax | 32 bytes q                       |    byte k: high nibble = value 2k, low nibble = value 2k + 1
 * value = codes[nibble] * absmax
 * </pre>
 *
 * Source: bitsandbytes 0.50.2, {@code backends/default/ops.py}, {@code quantize_4bit}.
 */
final class FourBitCode {
    /** Below, absmax would have no finite inverse. */
    private static final float LEAST_ABSMAX = 1e-38f;

    private final float[] codes;
    /** Indexes of the codes in ascending order of their values. */
    private final int[] ascending;
    /** Halfway between two neighbours in that order; 15 of them. */
    private final float[] midpoints;

    /** @param ascending the indexes of {@code codes} in ascending order of their values */
    FourBitCode(float[] codes, int[] ascending) {
        this.codes = codes;
        this.ascending = ascending;
        this.midpoints = new float[15];
        for (int i = 0; i < 15; i++) {
            midpoints[i] = (codes[ascending[i]] + codes[ascending[i + 1]]) / 2;
        }
    }

    void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 64) {
            float absmax = Bytes.f32(data, block);
            for (int k = 0; k < 32; k++) {
                int q = Bytes.u8(data, block + 4 + k);
                y[i + 2 * k] = codes[q >> 4] * absmax;
                y[i + 2 * k + 1] = codes[q & 15] * absmax;
            }
            block += DType.NF4.blockBytes();
        }
    }

    /** Unpacks {@code size} values of one scale from packed byte {@code offset} on; an odd last one too. */
    void unpack(MemorySegment packed, long offset, float absmax, float[] y, int size) {
        for (int i = 0; i < size; i++) {
            int q = Bytes.u8(packed, offset + i / 2);
            y[i] = codes[i % 2 == 0 ? q >> 4 : q & 15] * absmax;
        }
    }

    void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        long block = offset;
        for (int i = xOffset; i < xOffset + size; i += 64) {
            float absmax = 0;
            for (int k = 0; k < 64; k++) {
                absmax = Math.max(absmax, Math.abs(x[i + k]));
            }
            Bytes.putF32(data, block, absmax);
            float inverse = 1 / Math.max(absmax, LEAST_ABSMAX);
            for (int k = 0; k < 32; k++) {
                int high = index(x[i + 2 * k] * inverse);
                int low = index(x[i + 2 * k + 1] * inverse);
                Bytes.put8(data, block + 4 + k, (high << 4) | low);
            }
            block += DType.NF4.blockBytes();
        }
    }

    /**
     * The index of the code nearest to v; of two equally near ones the lesser's. Not-a-number gives the greatest, as in
     * bitsandbytes: hence the comparisons that are not {@code >}.
     */
    private int index(float v) {
        int below = !(v <= midpoints[7]) ? 8 : 0;
        below += !(v <= midpoints[below + 3]) ? 4 : 0;
        below += !(v <= midpoints[below + 1]) ? 2 : 0;
        below += !(v <= midpoints[below]) ? 1 : 0;
        return ascending[below];
    }
}

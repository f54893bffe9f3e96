package dev.caravan.engine.quant;

import java.lang.foreign.MemorySegment;

/**
 * bitsandbytes' 4-bit float: 64 values of a sign, an exponent of two bits and a fraction of one, times the block's
 * greatest magnitude. The layout stands in {@link FourBitCode}; bit 3 of an index is the sign.
 *
 * <p>Source: bitsandbytes, {@code functional.get_4bit_type}.
 */
record FP4() implements BlockFormat {
    static final FP4 FORMAT = new FP4();

    static final FourBitCode CODE = new FourBitCode(
            new float[] {
                0,
                0.0052083335f,
                0.6666667f,
                1,
                0.33333334f,
                0.5f,
                0.16666667f,
                0.25f,
                0,
                -0.0052083335f,
                -0.6666667f,
                -1,
                -0.33333334f,
                -0.5f,
                -0.16666667f,
                -0.25f
            },
            new int[] {11, 10, 13, 12, 15, 14, 9, 0, 8, 1, 6, 7, 4, 5, 2, 3});

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        CODE.dequantize(data, offset, y, yOffset, size);
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        CODE.quantize(x, xOffset, size, data, offset);
    }
}

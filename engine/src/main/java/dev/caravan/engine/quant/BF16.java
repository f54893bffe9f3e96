package dev.caravan.engine.quant;

import java.lang.foreign.MemorySegment;

/** The upper half of an IEEE 754 single, two bytes a value. */
record BF16() implements BlockFormat {
    static final BF16 FORMAT = new BF16();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i++) {
            y[yOffset + i] = Float.intBitsToFloat(Bytes.u16(data, offset + 2L * i) << 16);
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        for (int i = 0; i < size; i++) {
            Bytes.put16(data, offset + 2L * i, round(x[xOffset + i]));
        }
    }

    /** The upper half of the nearest value, a tie to even; not-a-number stays one. */
    private static int round(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return bits >>> 16 | 0x40;
        }
        return (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
    }
}

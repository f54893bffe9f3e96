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
}

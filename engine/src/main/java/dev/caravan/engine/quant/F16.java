package dev.caravan.engine.quant;

import java.lang.foreign.MemorySegment;

/** IEEE 754 half precision, two bytes a value. */
record F16() implements BlockFormat {
    static final F16 FORMAT = new F16();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i++) {
            y[yOffset + i] = Bytes.f16(data, offset + 2L * i);
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        for (int i = 0; i < size; i++) {
            Bytes.putF16(data, offset + 2L * i, x[xOffset + i]);
        }
    }
}

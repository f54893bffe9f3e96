package dev.caravan.engine.quant;

import java.lang.foreign.MemorySegment;

/** IEEE 754 single precision, four bytes a value. */
record F32() implements BlockFormat {
    static final F32 FORMAT = new F32();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i++) {
            y[yOffset + i] = Float.intBitsToFloat(Bytes.i32(data, offset + 4L * i));
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        for (int i = 0; i < size; i++) {
            Bytes.putF32(data, offset + 4L * i, x[xOffset + i]);
        }
    }
}

package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * LLM.int8()'s weights: signed bytes, one scale for a row. The row's scale is repeated in each block of 64, so that a
 * block can be read by itself.
 *
 * <pre>
 * byte  0            4                          68
 *       | f32 scale  | 64 signed bytes q         |
 * value = q * scale;  scale = (greatest magnitude of the row, bitsandbytes' SCB) / 127
 * </pre>
 *
 * Source: bitsandbytes 0.50.2, {@code backends/default/ops.py}, {@code int8_vectorwise_quant}. Its dequantisation
 * multiplies by SCB and then by 1/127, so its values may differ by two units in the last place.
 */
record INT8() implements BlockFormat {
    static final INT8 FORMAT = new INT8();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 64) {
            float scale = Bytes.f32(data, block);
            for (int k = 0; k < 64; k++) {
                y[i + k] = scale * Bytes.s8(data, block + 4 + k);
            }
            block += DType.INT8.blockBytes();
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        float absmax = 0;
        for (int i = xOffset; i < xOffset + size; i++) {
            absmax = Math.max(absmax, Math.abs(x[i]));
        }
        // Two roundings, as torch divides a number by a tensor: codes at a tie depend on it.
        float inverse = 1 / absmax * 127;
        long block = offset;
        for (int i = xOffset; i < xOffset + size; i += 64) {
            Bytes.putF32(data, block, absmax / 127);
            for (int k = 0; k < 64; k++) {
                // A row of zeros has an infinite inverse: zero times it is not a number, which becomes 0.
                Bytes.put8(data, block + 4 + k, (int) Math.rint(x[i + k] * inverse));
            }
            block += DType.INT8.blockBytes();
        }
    }
}

package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * 32 signed bytes, one scale.
 *
 * <pre>
 * byte  0        2                         34
 *       | f16 d  | 32 signed bytes q        |
 * value = d * q
 * </pre>
 *
 * Source: llama.cpp, {@code ggml/src/ggml-common.h}, {@code block_q8_0}.
 */
record Q8_0() implements BlockFormat {
    static final Q8_0 FORMAT = new Q8_0();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 32) {
            float d = Bytes.f16(data, block);
            for (int k = 0; k < 32; k++) {
                y[i + k] = d * Bytes.s8(data, block + 2 + k);
            }
            block += DType.Q8_0.blockBytes();
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        long block = offset;
        for (int i = xOffset; i < xOffset + size; i += 32) {
            float d = Math.abs(Extremes.ofMagnitude(x, i)) / 127;
            float inverse = d == 0 ? 0 : 1 / d;
            Bytes.putF16(data, block, d);
            for (int k = 0; k < 32; k++) {
                Bytes.put8(data, block + 2 + k, roundHalfAway(x[i + k] * inverse));
            }
            block += DType.Q8_0.blockBytes();
        }
    }

    private static int roundHalfAway(float v) {
        float magnitude = Math.abs(v);
        int whole = (int) magnitude;
        int rounded = whole + (int) (2 * (magnitude - whole));
        return v < 0 ? -rounded : rounded;
    }
}

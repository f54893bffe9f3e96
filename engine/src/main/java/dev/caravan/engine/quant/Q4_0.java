package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * 32 values of 4 bits around 8, one scale.
 *
 * <pre>
 * byte  0        2                              18
 *       | f16 d  | 16 bytes q                    |     byte k: low nibble = value k, high nibble = value k + 16
 * value = d * (nibble - 8)
 * </pre>
 *
 * Source: llama.cpp, {@code ggml/src/ggml-common.h}, {@code block_q4_0}.
 */
record Q4_0() implements BlockFormat {
    static final Q4_0 FORMAT = new Q4_0();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 32) {
            float d = Bytes.f16(data, block);
            for (int k = 0; k < 16; k++) {
                int q = Bytes.u8(data, block + 2 + k);
                y[i + k] = d * ((q & 15) - 8);
                y[i + k + 16] = d * ((q >> 4) - 8);
            }
            block += DType.Q4_0.blockBytes();
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        long block = offset;
        for (int i = xOffset; i < xOffset + size; i += 32) {
            float d = Extremes.ofMagnitude(x, i) / -8;
            float inverse = d == 0 ? 0 : 1 / d;
            Bytes.putF16(data, block, d);
            for (int k = 0; k < 16; k++) {
                int low = Math.min((int) (x[i + k] * inverse + 8.5f), 15);
                int high = Math.min((int) (x[i + k + 16] * inverse + 8.5f), 15);
                Bytes.put8(data, block + 2 + k, low | (high << 4));
            }
            block += DType.Q4_0.blockBytes();
        }
    }
}

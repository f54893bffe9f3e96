package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * 32 values of 5 bits around 16, one scale.
 *
 * <pre>
 * byte  0        2         6                     22
 *       | f16 d  | u32 h   | 16 bytes q           |    byte k: low nibble = value k, high nibble = value k + 16
 *                                                      bit k of h = fifth bit of value k
 * value = d * ((nibble | bit &lt;&lt; 4) - 16)
 * </pre>
 *
 * Source: llama.cpp, {@code ggml/src/ggml-common.h}, {@code block_q5_0}.
 */
record Q5_0() implements BlockFormat {
    static final Q5_0 FORMAT = new Q5_0();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 32) {
            float d = Bytes.f16(data, block);
            int high = Bytes.i32(data, block + 2);
            for (int k = 0; k < 16; k++) {
                int q = Bytes.u8(data, block + 6 + k);
                y[i + k] = d * (((q & 15) | ((high >>> k & 1) << 4)) - 16);
                y[i + k + 16] = d * (((q >> 4) | ((high >>> (k + 16) & 1) << 4)) - 16);
            }
            block += DType.Q5_0.blockBytes();
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        long block = offset;
        int[] codes = new int[32];
        for (int i = xOffset; i < xOffset + size; i += 32) {
            float d = Extremes.ofMagnitude(x, i) / -16;
            float inverse = d == 0 ? 0 : 1 / d;
            for (int k = 0; k < 32; k++) {
                codes[k] = Math.min((int) (x[i + k] * inverse + 16.5f), 31);
            }
            Bytes.putF16(data, block, d);
            putFiveBits(codes, data, block + 2);
            block += DType.Q5_0.blockBytes();
        }
    }

    /** Stores the fifth bits of 32 codes, 4 bytes, and their nibbles, 16 bytes. */
    static void putFiveBits(int[] codes, MemorySegment data, long offset) {
        int fifths = 0;
        for (int k = 0; k < 32; k++) {
            fifths |= (codes[k] >> 4) << k;
        }
        Bytes.put32(data, offset, fifths);
        for (int k = 0; k < 16; k++) {
            Bytes.put8(data, offset + 4 + k, (codes[k] & 15) | (codes[k + 16] << 4));
        }
    }
}

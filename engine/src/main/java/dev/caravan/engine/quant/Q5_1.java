package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * 32 values of 5 bits above a minimum, one scale.
 *
 * <pre>
 * byte  0        2        4         8                     24
 *       | f16 d  | f16 m  | u32 h   | 16 bytes q           |    nibbles and bits as in Q5_0
 * value = d * (nibble | bit &lt;&lt; 4) + m
 * </pre>
 *
 * Source: llama.cpp, {@code ggml/src/ggml-common.h}, {@code block_q5_1}.
 */
record Q5_1() implements BlockFormat {
    static final Q5_1 FORMAT = new Q5_1();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 32) {
            float d = Bytes.f16(data, block);
            float m = Bytes.f16(data, block + 2);
            int high = Bytes.i32(data, block + 4);
            for (int k = 0; k < 16; k++) {
                int q = Bytes.u8(data, block + 8 + k);
                y[i + k] = d * ((q & 15) | ((high >>> k & 1) << 4)) + m;
                y[i + k + 16] = d * ((q >> 4) | ((high >>> (k + 16) & 1) << 4)) + m;
            }
            block += DType.Q5_1.blockBytes();
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        long block = offset;
        int[] codes = new int[32];
        for (int i = xOffset; i < xOffset + size; i += 32) {
            float least = Extremes.least(x, i);
            float d = (Extremes.greatest(x, i) - least) / 31;
            float inverse = d == 0 ? 0 : 1 / d;
            for (int k = 0; k < 32; k++) {
                codes[k] = Math.min((int) ((x[i + k] - least) * inverse + 0.5f), 31);
            }
            Bytes.putF16(data, block, d);
            Bytes.putF16(data, block + 2, least);
            Q5_0.putFiveBits(codes, data, block + 4);
            block += DType.Q5_1.blockBytes();
        }
    }
}

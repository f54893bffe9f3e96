package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * 256 values of 4 bits in 8 sub-blocks of 32, each with a 6-bit scale and minimum of its own.
 *
 * <pre>
 * byte  0        2           4             16                            144
 *       | f16 d  | f16 dmin  | 12 bytes s  | 128 bytes q                  |     s: see SixBitScales
 * byte 32g + k of q: low nibble = value 64g + k (sub-block 2g), high nibble = value 64g + 32 + k (sub-block 2g + 1)
 * value = d * scale * nibble - dmin * minimum
 * </pre>
 *
 * Source: llama.cpp, {@code ggml/src/ggml-common.h}, {@code block_q4_K}.
 */
record Q4_K() implements BlockFormat {
    static final Q4_K FORMAT = new Q4_K();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 256) {
            float d = Bytes.f16(data, block);
            float dmin = Bytes.f16(data, block + 2);
            for (int j = 0; j < 8; j++) {
                float scale = d * SixBitScales.scale(data, block + 4, j);
                float minimum = dmin * SixBitScales.minimum(data, block + 4, j);
                long nibbles = block + 16 + 32L * (j / 2);
                int shift = 4 * (j % 2);
                for (int k = 0; k < 32; k++) {
                    y[i + 32 * j + k] = scale * ((Bytes.u8(data, nibbles + k) >> shift) & 15) - minimum;
                }
            }
            block += DType.Q4_K.blockBytes();
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        AffineBlock fit = new AffineBlock(15);
        long block = offset;
        for (int i = xOffset; i < xOffset + size; i += 256) {
            fit.fit(x, i);
            Bytes.putF16(data, block, fit.d);
            Bytes.putF16(data, block + 2, fit.dmin);
            SixBitScales.put(fit.scales, fit.minima, data, block + 4);
            putNibbles(fit.codes, data, block + 16);
            block += DType.Q4_K.blockBytes();
        }
    }

    /** Stores the lower 4 bits of 256 codes, 128 bytes. */
    static void putNibbles(int[] codes, MemorySegment data, long q) {
        for (int b = 0; b < 128; b++) {
            int low = b / 32 * 64 + b % 32;
            Bytes.put8(data, q + b, (codes[low] & 15) | (codes[low + 32] << 4));
        }
    }
}

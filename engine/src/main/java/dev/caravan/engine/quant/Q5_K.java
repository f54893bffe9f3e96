package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * 256 values of 5 bits in 8 sub-blocks of 32, each with a 6-bit scale and minimum of its own.
 *
 * <pre>
 * byte  0        2           4             16             48                          176
 *       | f16 d  | f16 dmin  | 12 bytes s  | 32 bytes h   | 128 bytes q                |   s: see SixBitScales
 * q as in Q4_K; bit j of byte k of h = fifth bit of value k of sub-block j
 * value = d * scale * (nibble | bit &lt;&lt; 4) - dmin * minimum
 * </pre>
 *
 * Source: llama.cpp, {@code ggml/src/ggml-common.h}, {@code block_q5_K}.
 */
record Q5_K() implements BlockFormat {
    static final Q5_K FORMAT = new Q5_K();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 256) {
            float d = Bytes.f16(data, block);
            float dmin = Bytes.f16(data, block + 2);
            for (int j = 0; j < 8; j++) {
                float scale = d * SixBitScales.scale(data, block + 4, j);
                float minimum = dmin * SixBitScales.minimum(data, block + 4, j);
                long nibbles = block + 48 + 32L * (j / 2);
                int shift = 4 * (j % 2);
                for (int k = 0; k < 32; k++) {
                    int fifth = ((Bytes.u8(data, block + 16 + k) >> j) & 1) << 4;
                    y[i + 32 * j + k] = scale * (((Bytes.u8(data, nibbles + k) >> shift) & 15) | fifth) - minimum;
                }
            }
            block += DType.Q5_K.blockBytes();
        }
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        AffineBlock fit = new AffineBlock(31);
        long block = offset;
        for (int i = xOffset; i < xOffset + size; i += 256) {
            fit.fit(x, i);
            Bytes.putF16(data, block, fit.d);
            Bytes.putF16(data, block + 2, fit.dmin);
            SixBitScales.put(fit.scales, fit.minima, data, block + 4);
            for (int k = 0; k < 32; k++) {
                int fifths = 0;
                for (int j = 0; j < 8; j++) {
                    fifths |= (fit.codes[32 * j + k] >> 4) << j;
                }
                Bytes.put8(data, block + 16 + k, fifths);
            }
            Q4_K.putNibbles(fit.codes, data, block + 48);
            block += DType.Q5_K.blockBytes();
        }
    }
}

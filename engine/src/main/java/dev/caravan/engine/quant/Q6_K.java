package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * 256 values of 6 bits around 32 in 16 sub-blocks of 16, each with a signed 8-bit scale of its own.
 *
 * <pre>
 * byte  0                128             192                    208     210
 *       | 128 bytes low  | 64 bytes h    | 16 signed scales s   | f16 d  |
 * Two halves n of 128 values, each with 64 bytes of low, 32 of h and 8 of s; for l = 0 … 31:
 *   value l      = low[l] &amp; 15      | (h[l]      &amp; 3) &lt;&lt; 4     scale s[l / 16]
 *   value l + 32 = low[l + 32] &amp; 15 | (h[l] &gt;&gt; 2 &amp; 3) &lt;&lt; 4     scale s[l / 16 + 2]
 *   value l + 64 = low[l] &gt;&gt; 4      | (h[l] &gt;&gt; 4 &amp; 3) &lt;&lt; 4     scale s[l / 16 + 4]
 *   value l + 96 = low[l + 32] &gt;&gt; 4 | (h[l] &gt;&gt; 6 &amp; 3) &lt;&lt; 4     scale s[l / 16 + 6]
 * value = d * scale * (q - 32)
 * </pre>
 *
 * Source: llama.cpp, {@code ggml/src/ggml-common.h}, {@code block_q6_K}.
 */
record Q6_K() implements BlockFormat {
    static final Q6_K FORMAT = new Q6_K();

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        long block = offset;
        for (int i = yOffset; i < yOffset + size; i += 256) {
            float d = Bytes.f16(data, block + 208);
            for (int n = 0; n < 2; n++) {
                half(data, block + 64L * n, block + 128 + 32L * n, block + 192 + 8L * n, d, y, i + 128 * n);
            }
            block += DType.Q6_K.blockBytes();
        }
    }

    private static void half(MemorySegment data, long low, long high, long scales, float d, float[] y, int yOffset) {
        for (int part = 0; part < 4; part++) {
            long nibbles = low + 32L * (part % 2);
            int shift = 4 * (part / 2);
            for (int l = 0; l < 32; l++) {
                int q = ((Bytes.u8(data, nibbles + l) >> shift) & 15)
                        | (((Bytes.u8(data, high + l) >> (2 * part)) & 3) << 4);
                float scale = d * Bytes.s8(data, scales + l / 16 + 2L * part);
                y[yOffset + 32 * part + l] = scale * (q - 32);
            }
        }
    }

    /** Each sub-block's scale is fitted by itself, then the neighbours of its rounded scale are tried. */
    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        float[] fitted = new float[16];
        int[] codes = new int[256];
        long block = offset;
        for (int i = xOffset; i < xOffset + size; i += 256) {
            float extreme = 0;
            for (int j = 0; j < 16; j++) {
                fitted[j] = SymmetricFit.scale(x, i + 16 * j, 16);
                extreme = Math.abs(fitted[j]) > Math.abs(extreme) ? fitted[j] : extreme;
            }
            // The greatest scale gets the code -128, of which there is one more than of positive ones.
            float d = Bytes.roundToF16(extreme / -128);
            Bytes.putF16(data, block + 208, d);
            for (int j = 0; j < 16; j++) {
                int scale = d == 0 ? 0 : scale(x, i + 16 * j, d, Math.round(fitted[j] / d));
                Bytes.put8(data, block + 192 + j, scale);
                for (int k = 0; k < 16; k++) {
                    codes[16 * j + k] = SymmetricFit.code(x[i + 16 * j + k], inverse(d * scale)) + 32;
                }
            }
            for (int n = 0; n < 2; n++) {
                putHalf(codes, 128 * n, data, block + 64L * n, block + 128 + 32L * n);
            }
            block += DType.Q6_K.blockBytes();
        }
    }

    /** The best one of the scale codes around {@code nearest}. */
    private static int scale(float[] x, int from, float d, int nearest) {
        int bestScale = Math.clamp(nearest, -128, 127);
        float best = Float.POSITIVE_INFINITY;
        for (int scale = Math.max(-128, nearest - 1); scale <= Math.min(127, nearest + 1); scale++) {
            float inverse = inverse(d * scale);
            float error = 0;
            for (int k = from; k < from + 16; k++) {
                float difference = d * scale * SymmetricFit.code(x[k], inverse) - x[k];
                error += difference * difference;
            }
            if (error < best) {
                best = error;
                bestScale = scale;
            }
        }
        return bestScale;
    }

    private static float inverse(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }

    private static void putHalf(int[] codes, int first, MemorySegment data, long low, long high) {
        for (int l = 0; l < 32; l++) {
            int a = codes[first + l];
            int b = codes[first + l + 32];
            int c = codes[first + l + 64];
            int d = codes[first + l + 96];
            Bytes.put8(data, low + l, (a & 15) | (c << 4));
            Bytes.put8(data, low + l + 32, (b & 15) | (d << 4));
            Bytes.put8(data, high + l, (a >> 4) | (b >> 4 << 2) | (c >> 4 << 4) | (d >> 4 << 6));
        }
    }
}

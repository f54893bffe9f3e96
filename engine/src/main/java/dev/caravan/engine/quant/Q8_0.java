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
}

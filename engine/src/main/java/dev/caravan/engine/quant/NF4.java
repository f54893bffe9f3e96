package dev.caravan.engine.quant;

import java.lang.foreign.MemorySegment;

/**
 * 4-bit NormalFloat: 64 values of 4 bits, each the index of one of 16 quantiles of a normal distribution, times the
 * block's greatest magnitude. The layout stands in {@link FourBitCode}.
 *
 * <p>Source: Dettmers et al., QLoRA (2023), appendix E; bitsandbytes, {@code functional.get_4bit_type}.
 */
record NF4() implements BlockFormat {
    static final NF4 FORMAT = new NF4();

    static final FourBitCode CODE = new FourBitCode(
            new float[] {
                -1,
                -0.6961928f,
                -0.52507305f,
                -0.3949175f,
                -0.28444138f,
                -0.18477343f,
                -0.091050036f,
                0,
                0.0795803f,
                0.1609302f,
                0.2461123f,
                0.33791524f,
                0.44070983f,
                0.562617f,
                0.72295684f,
                1
            },
            new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});

    @Override
    public void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size) {
        CODE.dequantize(data, offset, y, yOffset, size);
    }

    @Override
    public void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset) {
        CODE.quantize(x, xOffset, size, data, offset);
    }
}

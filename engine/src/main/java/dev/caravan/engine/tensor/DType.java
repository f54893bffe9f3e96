package dev.caravan.engine.tensor;

/**
 * How a tensor's values lie in memory: plain numbers, or blocks of quantised ones.
 *
 * <p>Names and block sizes are GGUF's (llama.cpp, {@code ggml/src/ggml-common.h}), but for the last three: these are
 * bitsandbytes' types, each block with its scale before it. No file holds them in this order; {@code quant} converts.
 */
public enum DType {
    F32(1, 4),
    F16(1, 2),
    BF16(1, 2),
    Q4_0(32, 18),
    Q5_0(32, 22),
    Q5_1(32, 24),
    Q8_0(32, 34),
    Q4_K(256, 144),
    Q5_K(256, 176),
    Q6_K(256, 210),
    NF4(64, 36),
    FP4(64, 36),
    INT8(64, 68);

    private final int blockElements;
    private final int blockBytes;

    DType(int blockElements, int blockBytes) {
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** The number of values in one block; 1 for plain numbers. */
    public int blockElements() {
        return blockElements;
    }

    /** The number of bytes that one block takes. */
    public int blockBytes() {
        return blockBytes;
    }

    /**
     * The bytes that so many values take.
     *
     * @param elements a multiple of {@link #blockElements()}
     * @throws IllegalArgumentException if it is not such a multiple
     * @throws ArithmeticException if the result does not fit a long
     */
    public long byteSize(long elements) {
        if (elements < 0 || elements % blockElements != 0) {
            throw new IllegalArgumentException(
                    "%d values do not fill whole blocks of %d (%s)".formatted(elements, blockElements, this));
        }
        return Math.multiplyExact(elements / blockElements, (long) blockBytes);
    }
}

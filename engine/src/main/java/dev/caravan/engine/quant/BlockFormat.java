package dev.caravan.engine.quant;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * How the values of one {@link DType} come out of its bytes and go into them. The scalar truth of the format, equal bit
 * for bit to gguf-py (GGUF's types) and to bitsandbytes (NF4, FP4, INT8); the vector kernels are tested against it.
 * Stateless.
 */
public sealed interface BlockFormat permits F32, F16, BF16, Q4_0, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, NF4, FP4, INT8 {

    /**
     * Unpacks whole blocks.
     *
     * @param data the packed bytes, little-endian
     * @param offset where the first block starts, in bytes
     * @param y receives the values from {@code yOffset} on
     * @param size how many values, a multiple of {@link DType#blockElements()}
     */
    void dequantize(MemorySegment data, long offset, float[] y, int yOffset, int size);

    /**
     * Packs one row. Q4_0, Q5_0, Q5_1 and Q8_0 equal gguf-py bit for bit; the K-quants are a search of Caravan's own.
     *
     * @param x the row's values, finite, from {@code xOffset} on, not changed
     * @param size how many values, a multiple of {@link DType#blockElements()}; INT8 has one scale for all of them
     * @param data receives {@code byteSize(size)} bytes from {@code offset} on
     */
    void quantize(float[] x, int xOffset, int size, MemorySegment data, long offset);

    /** The format of a dtype. */
    static BlockFormat of(DType dtype) {
        return switch (dtype) {
            case F32 -> F32.FORMAT;
            case F16 -> F16.FORMAT;
            case BF16 -> BF16.FORMAT;
            case Q4_0 -> Q4_0.FORMAT;
            case Q5_0 -> Q5_0.FORMAT;
            case Q5_1 -> Q5_1.FORMAT;
            case Q8_0 -> Q8_0.FORMAT;
            case Q4_K -> Q4_K.FORMAT;
            case Q5_K -> Q5_K.FORMAT;
            case Q6_K -> Q6_K.FORMAT;
            case NF4 -> NF4.FORMAT;
            case FP4 -> FP4.FORMAT;
            case INT8 -> INT8.FORMAT;
        };
    }
}

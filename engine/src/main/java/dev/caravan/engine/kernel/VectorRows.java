package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * One row of packed weights, by dtype. Static methods and a switch rather than an interface: the row's loop is compiled
 * once for each dtype, and nothing is called through a table inside it.
 */
final class VectorRows {

    private VectorRows() {}

    /** The sum of products of {@code size} packed values from byte {@code offset} on with {@code x}. */
    static float dot(DType dtype, MemorySegment w, long offset, float[] x, int xOffset, int size) {
        return switch (dtype) {
            case F32 -> PlainVectors.dotF32(w, offset, x, xOffset, size);
            case F16 -> PlainVectors.dotF16(w, offset, x, xOffset, size);
            case BF16 -> PlainVectors.dotBF16(w, offset, x, xOffset, size);
            case Q4_0 -> SmallBlockVectors.dotQ4_0(w, offset, x, xOffset, size);
            case Q5_0 -> SmallBlockVectors.dotQ5_0(w, offset, x, xOffset, size);
            case Q5_1 -> SmallBlockVectors.dotQ5_1(w, offset, x, xOffset, size);
            case Q8_0 -> Q8Vectors.dot(w, offset, x, xOffset, size);
            case Q4_K -> KQuantVectors.dotQ4_K(w, offset, x, xOffset, size);
            case Q5_K -> KQuantVectors.dotQ5_K(w, offset, x, xOffset, size);
            case Q6_K -> KQuantVectors.dotQ6_K(w, offset, x, xOffset, size);
        };
    }

    /** Unpacks {@code size} values from byte {@code offset} on. */
    static void unpack(DType dtype, MemorySegment w, long offset, float[] y, int yOffset, int size) {
        switch (dtype) {
            case F32 -> PlainVectors.unpackF32(w, offset, y, yOffset, size);
            case F16 -> PlainVectors.unpackF16(w, offset, y, yOffset, size);
            case BF16 -> PlainVectors.unpackBF16(w, offset, y, yOffset, size);
            case Q4_0 -> SmallBlockVectors.unpackQ4_0(w, offset, y, yOffset, size);
            case Q5_0 -> SmallBlockVectors.unpackQ5_0(w, offset, y, yOffset, size);
            case Q5_1 -> SmallBlockVectors.unpackQ5_1(w, offset, y, yOffset, size);
            case Q8_0 -> Q8Vectors.unpack(w, offset, y, yOffset, size);
            case Q4_K -> KQuantVectors.unpackQ4_K(w, offset, y, yOffset, size);
            case Q5_K -> KQuantVectors.unpackQ5_K(w, offset, y, yOffset, size);
            case Q6_K -> KQuantVectors.unpackQ6_K(w, offset, y, yOffset, size);
        }
    }
}

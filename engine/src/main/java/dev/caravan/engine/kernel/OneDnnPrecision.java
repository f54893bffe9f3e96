package dev.caravan.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What oneDNN's factors are rounded to; sums are in float in both. */
enum OneDnnPrecision {
    /** Unrounded: results as exact as the Vector API's. */
    F32(3, Float.BYTES),
    /** Eight bits of precision: a product is off by up to 2⁻⁸ of its magnitude. */
    BF16(2, Short.BYTES);

    /** dnnl_data_type_t. */
    final int dataType;

    final int bytes;

    OneDnnPrecision(int dataType, int bytes) {
        this.dataType = dataType;
        this.bytes = bytes;
    }

    /** Writes {@code size} floats to a matrix of this precision, {@code toIndex} values behind its start. */
    void store(float[] x, int offset, MemorySegment to, long toIndex, int size) {
        switch (this) {
            case F32 -> MemorySegment.copy(x, offset, to, ValueLayout.JAVA_FLOAT, toIndex * bytes, size);
            case BF16 -> PlainVectors.storeBF16(x, offset, to, toIndex * bytes, size);
        }
    }
}

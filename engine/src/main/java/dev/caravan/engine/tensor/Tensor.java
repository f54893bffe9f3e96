package dev.caravan.engine.tensor;

import java.lang.foreign.MemorySegment;

/**
 * A named, immutable view of weights: row-major, outermost dimension first, so that a linear layer's weight is
 * {@code [out, in]}. The segment belongs to whoever mapped or allocated it; a tensor never frees it.
 *
 * @param name the tensor's name as in the checkpoint, for messages
 * @param shape outermost first; the innermost is a multiple of the dtype's block
 * @param data exactly {@code dtype.byteSize(elements)} bytes, little-endian
 */
@SuppressWarnings("ArrayRecordComponent") // shapes are short, private to the engine and never written
public record Tensor(String name, DType dtype, long[] shape, MemorySegment data) {

    public Tensor {
        long elements = 1;
        for (long extent : shape) {
            elements = Math.multiplyExact(elements, extent);
        }
        if (data.byteSize() != dtype.byteSize(elements)) {
            throw new IllegalArgumentException("tensor %s: %d bytes for %d values of %s, expected %d"
                    .formatted(name, data.byteSize(), elements, dtype, dtype.byteSize(elements)));
        }
    }

    /** The number of values. */
    public long elements() {
        long elements = 1;
        for (long extent : shape) {
            elements *= extent;
        }
        return elements;
    }

    /** The outermost extent of a matrix: a linear layer's outputs, or a vocabulary's tokens. */
    public int rows() {
        return Math.toIntExact(shape[0]);
    }

    /** The innermost extent: the values of one row. */
    public int columns() {
        return Math.toIntExact(shape[shape.length - 1]);
    }
}

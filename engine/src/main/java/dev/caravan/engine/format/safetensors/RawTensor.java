package dev.caravan.engine.format.safetensors;

import java.lang.foreign.MemorySegment;

/**
 * A tensor as it lies in a safetensors file, of any type: for buffers and for the parts of quantised weights. The bytes
 * belong to the file that gave the tensor.
 *
 * @param shape outermost first; empty for a single number
 * @param data the numbers row by row, little-endian, without padding and of any alignment
 */
@SuppressWarnings("ArrayRecordComponent") // shapes are short and never written
public record RawTensor(String name, SafetensorsType type, long[] shape, MemorySegment data) {

    /** The number of values. */
    public long elements() {
        return data.byteSize() * 8 / type.bits();
    }
}

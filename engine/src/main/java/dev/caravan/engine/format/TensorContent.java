package dev.caravan.engine.format;

import java.lang.foreign.MemorySegment;

/**
 * The bytes of a tensor that is to be written. They are asked for once the file has come to them, so that a model can be
 * converted tensor by tensor.
 */
@FunctionalInterface
public interface TensorContent {

    /** Appends all bytes of the tensor, in pieces of any size. */
    void writeTo(AtomicFile file);

    /** Bytes that are at hand. */
    static TensorContent of(MemorySegment bytes) {
        return file -> file.put(bytes);
    }
}

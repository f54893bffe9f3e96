package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;

/** A weight that bitsandbytes quantised: its parts, checked, as they lie in the file. */
sealed interface QuantizedWeight permits FourBitWeight, EightBitWeight {

    /** Of unpacked weights, in bytes: a cache line. */
    int ALIGNMENT = 64;

    /** The weight's name, {@code P.weight}. */
    String name();

    /** Of the whole matrix, {@code [out, in]}. */
    long[] shape();

    /** The type of {@link #unpack}'s tensor: blocks, or plain numbers where rows are no whole blocks. */
    DType dtype();

    /** The bytes of {@link #unpack}'s tensor. */
    default long byteSize() {
        return dtype().byteSize(shape()[0] * shape()[1]);
    }

    /**
     * Puts the parts together in memory of the arena and releases those of the file.
     *
     * @return the tensor in the layout that the engine computes with
     */
    Tensor unpack(Arena arena);
}

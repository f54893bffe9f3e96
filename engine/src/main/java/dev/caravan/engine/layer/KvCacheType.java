package dev.caravan.engine.layer;

import dev.caravan.engine.tensor.DType;

/** How keys and values are kept. */
public enum KvCacheType {
    /** 16 bits a value; the relative rounding is at most 2^-11. llama.cpp keeps its cache so too. */
    F16(DType.F16),
    /** 8.5 bits a value: blocks of 32 with a scale; a value's rounding is at most 1/254 of its block's greatest. */
    Q8_0(DType.Q8_0);

    private final DType dtype;

    KvCacheType(DType dtype) {
        this.dtype = dtype;
    }

    DType dtype() {
        return dtype;
    }

    /**
     * The bytes of one head's key.
     *
     * @throws IllegalArgumentException if a head does not fill whole blocks
     */
    long rowBytes(int headSize) {
        if (headSize % dtype.blockElements() != 0) {
            throw new IllegalArgumentException(
                    "a KV cache of %s needs heads of a multiple of %d values, the model's have %d; choose %s"
                            .formatted(this, dtype.blockElements(), headSize, F16));
        }
        return dtype.byteSize(headSize);
    }
}

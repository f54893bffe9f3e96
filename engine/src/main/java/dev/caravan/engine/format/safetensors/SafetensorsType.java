package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.tensor.DType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The types of numbers in safetensors files, by the names that stand in the files (safetensors 0.8.0, {@code Dtype} in
 * {@code safetensors/src/tensor.rs}). Only three of them are weights that the engine computes with; the others are
 * buffers, or parts of quantised weights.
 */
public enum SafetensorsType {
    BOOL(8, null),
    F4(4, null),
    F6_E2M3(6, null),
    F6_E3M2(6, null),
    U8(8, null),
    I8(8, null),
    F8_E5M2(8, null),
    F8_E4M3(8, null),
    F8_E8M0(8, null),
    F8_E4M3FNUZ(8, null),
    F8_E5M2FNUZ(8, null),
    I16(16, null),
    U16(16, null),
    F16(16, DType.F16),
    BF16(16, DType.BF16),
    I32(32, null),
    U32(32, null),
    F32(32, DType.F32),
    C64(64, null),
    F64(64, null),
    I64(64, null),
    U64(64, null);

    private final int bits;

    @Nullable
    private final DType dtype;

    SafetensorsType(int bits, @Nullable DType dtype) {
        this.bits = bits;
        this.dtype = dtype;
    }

    /** The bits of one number; numbers of 4 and 6 bits are packed. */
    public int bits() {
        return bits;
    }

    /** The engine's type for weights of this type, empty where it has none. */
    public Optional<DType> dtype() {
        return Optional.ofNullable(dtype);
    }

    /** The type in the file's letters, empty if there is none of that name. */
    static Optional<SafetensorsType> named(String name) {
        for (SafetensorsType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** The type of tensors that the engine holds as they are, empty for GGUF's blocks and bitsandbytes' types. */
    static Optional<SafetensorsType> of(DType dtype) {
        for (SafetensorsType type : values()) {
            if (type.dtype == dtype) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}

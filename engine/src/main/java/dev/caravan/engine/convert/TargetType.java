package dev.caravan.engine.convert;

import dev.caravan.engine.tensor.DType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What the matrices of a converted model are to be. */
public enum TargetType {
    F32(DType.F32, 0, true, true),
    F16(DType.F16, 1, true, true),
    BF16(DType.BF16, 32, true, true),
    Q8_0(DType.Q8_0, 7, true, false),
    Q4_0(DType.Q4_0, 2, true, false),
    Q5_0(DType.Q5_0, 8, true, false),
    Q4_K(DType.Q4_K, 14, true, false),
    Q5_K(DType.Q5_K, 16, true, false),
    Q6_K(DType.Q6_K, 18, true, false),
    NF4(DType.NF4, -1, false, true),
    FP4(DType.FP4, -1, false, true),
    INT8(DType.INT8, -1, false, true);

    private final DType dtype;
    private final int fileType;
    private final boolean inGguf;
    private final boolean inSafetensors;

    /** @param fileType llama.cpp's number for {@code general.file_type}; of a K type the one without a mixture (S) */
    TargetType(DType dtype, int fileType, boolean inGguf, boolean inSafetensors) {
        this.dtype = dtype;
        this.fileType = fileType;
        this.inGguf = inGguf;
        this.inSafetensors = inSafetensors;
    }

    /**
     * The type of a name, in capitals or not.
     *
     * @throws IllegalArgumentException naming the types that there are
     */
    public static TargetType named(String name) {
        for (TargetType type : values()) {
            if (type.name().equals(name.toUpperCase(Locale.ROOT))) {
                return type;
            }
        }
        throw new IllegalArgumentException("the type %s is not known; for GGUF take %s, for safetensors %s"
                .formatted(name, names(true), names(false)));
    }

    private static String names(boolean gguf) {
        return Arrays.stream(values())
                .filter(type -> gguf ? type.inGguf : type.inSafetensors)
                .map(type -> type.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }

    DType dtype() {
        return dtype;
    }

    int fileType() {
        return fileType;
    }

    /** Refuses a type that the target's format does not have. */
    void requireFor(boolean gguf) {
        if (gguf ? !inGguf : !inSafetensors) {
            throw new IllegalArgumentException(
                    gguf
                            ? "%s is a type of bitsandbytes, which GGUF does not have; take %s, or a folder as the target"
                                    .formatted(this, names(true))
                            : "%s is a type of GGUF; take %s, or a target that ends in .gguf"
                                    .formatted(this, names(false)));
        }
    }

    boolean isPlain() {
        return dtype.blockElements() == 1;
    }

    boolean isBitsandbytes() {
        return !inGguf;
    }
}

package dev.caravan.engine.format.gguf;

import dev.caravan.engine.tensor.DType;
import java.util.Map;

/** GGML's tensor type numbers (gguf-py, {@code constants.py}, {@code GGMLQuantizationType}). */
final class GgufTensorTypes {

    private static final Map<Long, DType> SUPPORTED = Map.of(
            0L, DType.F32,
            1L, DType.F16,
            2L, DType.Q4_0,
            6L, DType.Q5_0,
            7L, DType.Q5_1,
            8L, DType.Q8_0,
            12L, DType.Q4_K,
            13L, DType.Q5_K,
            14L, DType.Q6_K,
            30L, DType.BF16);

    /** Names for messages about types that the engine cannot run; empty where GGML never used or has dropped a number. */
    private static final String[] NAMES = {
        "F32", "F16", "Q4_0", "Q4_1", "", "", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
        "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32",
        "I64", "F64", "IQ1_M", "BF16", "", "", "", "TQ1_0", "TQ2_0", "", "", "", "MXFP4"
    };

    private GgufTensorTypes() {}

    static DType dtype(GgufCursor cursor, long number, String tensor) {
        DType dtype = SUPPORTED.get(number);
        if (dtype == null) {
            throw cursor.refused("the tensor %s has the type %s, which Caravan cannot run; take a Q4_K_M, Q5_K_M, Q6_K,"
                            .formatted(tensor, name(number))
                    + " Q8_0, F16 or BF16 build of the model");
        }
        return dtype;
    }

    /** The type's number in files, -1 for types that GGUF does not have. */
    static long number(DType dtype) {
        for (Map.Entry<Long, DType> supported : SUPPORTED.entrySet()) {
            if (supported.getValue() == dtype) {
                return supported.getKey();
            }
        }
        return -1;
    }

    private static String name(long number) {
        String name = number < NAMES.length ? NAMES[(int) number] : "";
        return name.isEmpty() ? "number " + number : name;
    }
}

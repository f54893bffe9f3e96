package dev.caravan.engine.convert;

import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;

/**
 * Which type a tensor gets in a GGUF file. Vectors and norms stay F32; the output matrix, or the embeddings where they
 * are tied, is kept finer; rows that do not fill a type's blocks take the next type that they fill. Source: llama.cpp,
 * {@code src/llama-quant.cpp}, without the mixtures of the M types.
 */
final class GgufTypes {

    private GgufTypes() {}

    /**
     * The type.
     *
     * @param isOutput whether logits are computed with it
     */
    static DType of(Tensor tensor, TargetType target, boolean isOutput) {
        if (tensor.shape().length < 2) {
            return DType.F32;
        }
        if (target.isPlain()) {
            return target.dtype();
        }
        boolean isFiner = isOutput && target != TargetType.Q8_0;
        return fitting(isFiner ? DType.Q6_K : target.dtype(), tensor.columns());
    }

    /** What an adapter was merged into: in fewer bits the change would be lost. */
    static DType fine(int columns) {
        return fitting(DType.Q8_0, columns);
    }

    private static DType fitting(DType wanted, int columns) {
        DType type = wanted;
        while (columns % type.blockElements() != 0) {
            type = switch (type) {
                case Q4_K -> DType.Q5_0;
                case Q5_K -> DType.Q5_1;
                case Q6_K -> DType.Q8_0;
                default -> DType.F16;
            };
        }
        return type;
    }
}

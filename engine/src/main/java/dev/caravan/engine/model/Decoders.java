package dev.caravan.engine.model;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import java.util.List;

/** Builds the decoder that a checkpoint holds. */
public final class Decoders {

    /** {@code model_type}s that generate text. */
    private static final List<String> SUPPORTED =
            List.of(Llama.MODEL_TYPE, Llama.MISTRAL_MODEL_TYPE, Gemma3.MODEL_TYPE, Qwen2.MODEL_TYPE, Qwen3.MODEL_TYPE);

    private static final List<String> SUPPORTED_ENCODERS = List.of("bert", "roberta", "xlm-roberta");

    private Decoders() {}

    /** The checkpoint's decoder with its weights as the file has them. */
    public static Decoder load(Checkpoint checkpoint) {
        return load(checkpoint, WeightQuantizer.NONE);
    }

    /**
     * The checkpoint's decoder. Its tensors stay mapped: the checkpoint must stay open as long as the decoder is used.
     *
     * @param quantizer what becomes of the linear layers
     * @throws ModelFormatException if the architecture is not supported, or a tensor is missing, has the wrong shape or
     *     is one that the architecture does not know
     */
    public static Decoder load(Checkpoint checkpoint, WeightQuantizer quantizer) {
        Weights weights = new Weights(checkpoint, quantizer);
        Decoder decoder = switch (checkpoint.modelType()) {
            case Llama.MODEL_TYPE, Llama.MISTRAL_MODEL_TYPE -> new Llama(weights);
            case Gemma3.MODEL_TYPE -> new Gemma3(weights);
            case Qwen2.MODEL_TYPE -> new Qwen2(weights);
            case Qwen3.MODEL_TYPE -> new Qwen3(weights);
            default -> throw unsupported(checkpoint);
        };
        weights.requireAllRead();
        return decoder;
    }

    private static ModelFormatException unsupported(Checkpoint checkpoint) {
        String modelType = checkpoint.modelType();
        return new ModelFormatException(
                checkpoint.path(),
                SUPPORTED_ENCODERS.contains(modelType)
                        ? "the architecture %s makes vectors or scores and cannot generate text; choose it for embedding"
                                .formatted(modelType)
                        : "the architecture %s is not supported; choose a model of the architecture %s"
                                .formatted(modelType, String.join(", ", SUPPORTED)));
    }
}

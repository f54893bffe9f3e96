package dev.caravan.engine.model;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;

/** Builds the decoder that a checkpoint holds. */
public final class Decoders {

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
            case Llama.MODEL_TYPE -> new Llama(weights);
            case Gemma3.MODEL_TYPE -> new Gemma3(weights);
            default ->
                throw new ModelFormatException(
                        checkpoint.path(),
                        "the architecture %s is not supported; choose a model of the architecture llama or gemma3"
                                .formatted(checkpoint.modelType()));
        };
        weights.requireAllRead();
        return decoder;
    }
}

package dev.caravan.engine.model;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.gguf.GgufFile;

/** Builds the decoder that a file holds. */
public final class Decoders {

    private Decoders() {}

    /**
     * The file's decoder. Its tensors stay mapped: the file must stay open as long as the decoder is used.
     *
     * @throws ModelFormatException if the architecture is not supported, or a tensor is missing, has the wrong shape or
     *     is one that the architecture does not know
     */
    public static Decoder load(GgufFile file) {
        String architecture = file.metadata().string("general.architecture");
        return switch (architecture) {
            case Llama.ARCHITECTURE -> Llama.load(file);
            case Gemma3.ARCHITECTURE -> Gemma3.load(file);
            default ->
                throw new ModelFormatException(
                        file.path(),
                        "the architecture %s is not supported; choose a model of the architecture llama or gemma3"
                                .formatted(architecture));
        };
    }
}

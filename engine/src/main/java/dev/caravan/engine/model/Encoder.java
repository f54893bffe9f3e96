package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import org.jspecify.annotations.Nullable;

/**
 * The immutable half of a model that turns the tokens of a text into states ({@code last_hidden_state}): configuration
 * and mapped weights. Thread-safe; what changes lives in an {@link EncoderPass}. The weights belong to the file that they
 * were read from.
 */
public sealed interface Encoder permits Bert, EmbeddingGemma, CausalEncoder {

    /** {@code model_type}. */
    String architecture();

    int vocabSize();

    int hiddenSize();

    /** The longest text in tokens, special tokens included. */
    int maxTokens();

    /** Buffers for one computation at a time; they grow with the texts. */
    default EncoderPass newPass(Kernels kernels) {
        return newPass(kernels, null);
    }

    /**
     * Buffers as {@link #newPass(Kernels)}, watched.
     *
     * @param listener sees the embeddings and every layer's output
     */
    EncoderPass newPass(Kernels kernels, @Nullable ActivationListener listener);

    /**
     * Checks texts before they are run.
     *
     * @throws IllegalArgumentException if one is too long or has a token outside the vocabulary
     */
    default void requireFit(Iterable<EncoderInput> texts) {
        for (EncoderInput text : texts) {
            if (text.length() > maxTokens()) {
                throw new IllegalArgumentException(
                        "a text has %d tokens, 1 to %d are possible".formatted(text.length(), maxTokens()));
            }
            for (int id : text.ids()) {
                if (id < 0 || id >= vocabSize()) {
                    throw new IllegalArgumentException(
                            "token %d is not in the vocabulary of %d".formatted(id, vocabSize()));
                }
            }
        }
    }
}

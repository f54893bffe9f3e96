package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Activations;
import dev.caravan.engine.layer.RotaryEmbedding;
import java.util.List;

/**
 * A causal language model's immutable half: configuration and mapped weights. Thread-safe; what changes lives in a
 * {@link DecoderPass} and the sequences' caches. The weights belong to the file that they were read from.
 */
public sealed interface Decoder permits Llama, Gemma3, Qwen2, Qwen3 {

    DecoderConfig config();

    /** The rotary embeddings that the layers choose from, in the order of {@link #block}'s tables. */
    List<RotaryEmbedding> rotaryEmbeddings();

    /** Writes one token's embedding, {@code [hidden]}, as the first layer wants it. */
    void embed(Kernels kernels, int token, float[] hidden, int offset);

    /** One layer: reads and writes the state's residual stream and stores the run's keys and values. */
    void block(int layer, Activations state, List<RotaryEmbedding.Table> rotary);

    /**
     * The final norm in place: what embedding models take for a token's state.
     *
     * @param hidden the last layer's output, {@code [rows, hidden]}
     */
    void norm(Kernels kernels, float[] hidden, int rows);

    /**
     * The next token's logits after each of some tokens.
     *
     * @param hidden the last layer's output of these tokens, {@code [rows, hidden]}; overwritten by its norm
     * @param logits receives {@code [rows, vocabulary]}
     */
    void logits(Kernels kernels, float[] hidden, float[] logits, int rows);
}

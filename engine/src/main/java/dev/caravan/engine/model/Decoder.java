package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.DecoderBlock;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RotaryEmbedding;
import java.util.List;

/**
 * A causal language model's immutable half: configuration and mapped weights. Thread-safe; what changes lives in a
 * {@link DecoderPass} and the sequences' caches. The weights belong to the file that they were read from.
 */
public sealed interface Decoder permits Llama, Gemma3, Qwen2, Qwen3 {

    DecoderConfig config();

    /** The rotary embeddings that the layers choose from, in the order that {@link DecoderBlock#rotary} counts in. */
    List<RotaryEmbedding> rotaryEmbeddings();

    /** Writes one token's embedding, {@code [hidden]}, as the first layer wants it. */
    void embed(Kernels kernels, int token, float[] hidden, int offset);

    /** The layers, from the embeddings to the output. */
    List<DecoderBlock> blocks();

    /** The final norm. What it gives is what embedding models take for a token's state. */
    RmsNorm norm();

    /** The output projection, {@code [vocabulary, hidden]}. */
    Linear lmHead();

    /**
     * The next token's logits after each of some tokens.
     *
     * @param hidden the last layer's output of these tokens, {@code [rows, hidden]}; overwritten by its norm
     * @param logits receives {@code [rows, vocabulary]}
     */
    default void logits(Kernels kernels, float[] hidden, float[] logits, int rows) {
        norm().forward(kernels, hidden, hidden, rows);
        lmHead().forward(kernels, hidden, logits, rows);
    }
}

package dev.caravan.engine.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One layer of a decoder of any family: {@code h += [norm](attention(norm(h))); h += [norm](mlp(norm(h)))}. The norms
 * in brackets are Gemma's. Immutable.
 *
 * @param inputNorm before attention ({@code input_layernorm})
 * @param attentionOutputNorm on what attention adds, or null
 * @param mlpNorm before the MLP
 * @param mlpOutputNorm on what the MLP adds, or null
 * @param rotary which of the decoder's rotary embeddings the layer uses
 */
public record DecoderBlock(
        RmsNorm inputNorm,
        CausalSelfAttention attention,
        @Nullable RmsNorm attentionOutputNorm,
        RmsNorm mlpNorm,
        GatedMlp mlp,
        @Nullable RmsNorm mlpOutputNorm,
        int rotary) {

    /** Without norms on what is added, and with the only rotary embedding. */
    public DecoderBlock(RmsNorm inputNorm, CausalSelfAttention attention, RmsNorm mlpNorm, GatedMlp mlp) {
        this(inputNorm, attention, null, mlpNorm, mlp, null, 0);
    }

    /** Reads and writes the state's residual stream and stores the runs' keys and values. */
    public void forward(Activations state, List<RotaryEmbedding.Table> tables) {
        state.norm(inputNorm);
        attention.forward(state, tables.get(rotary));
        state.addProjected(attentionOutputNorm);
        state.norm(mlpNorm);
        mlp.forward(state, attention.layer());
        state.addProjected(mlpOutputNorm);
    }

    /** One of the block's linear layers. */
    public Linear projection(Projection projection) {
        CausalSelfAttention.Weights weights = attention.weights();
        return switch (projection) {
            case Q_PROJ -> weights.query();
            case K_PROJ -> weights.key();
            case V_PROJ -> weights.value();
            case O_PROJ -> weights.output();
            case GATE_PROJ -> mlp.gate();
            case UP_PROJ -> mlp.up();
            case DOWN_PROJ -> mlp.down();
        };
    }
}

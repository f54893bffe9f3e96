package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.AttentionShape;

/**
 * Self-attention of one whole text that looks both ways, with grouped key-value heads and rotary positions, optionally
 * with a symmetric window: {@link CausalSelfAttention} without a cache. Immutable.
 */
public final class BidirectionalSelfAttention {

    private final AttentionShape shape;
    private final CausalSelfAttention.Weights weights;

    /** @param shape not causal */
    public BidirectionalSelfAttention(AttentionShape shape, CausalSelfAttention.Weights weights) {
        if (shape.causal()) {
            throw new IllegalArgumentException("an encoder's attention looks both ways");
        }
        this.shape = shape;
        this.weights = weights;
    }

    /** From the state's normed to its projected values. */
    public void forward(Activations state, RotaryEmbedding.Table rotary) {
        int tokens = state.tokens();
        weights.query().forward(state.kernels, state.normed, state.query, tokens);
        weights.key().forward(state.kernels, state.normed, state.key, tokens);
        weights.value().forward(state.kernels, state.normed, state.value, tokens);
        if (weights.queryNorm() != null) {
            weights.queryNorm().forward(state.kernels, state.query, state.query, tokens * shape.heads());
        }
        if (weights.keyNorm() != null) {
            weights.keyNorm().forward(state.kernels, state.key, state.key, tokens * shape.keyValueHeads());
        }
        rotary.apply(state.query, tokens, shape.heads());
        rotary.apply(state.key, tokens, shape.keyValueHeads());
        state.kernels.attention(shape, state.query, state.key, state.value, state.attended, tokens, 0);
        weights.output().forward(state.kernels, state.attended, state.projected, tokens);
    }
}

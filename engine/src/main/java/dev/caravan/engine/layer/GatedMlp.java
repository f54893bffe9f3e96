package dev.caravan.engine.layer;

/**
 * The gated MLP (Shazeer 2020, "GLU variants improve transformer"): {@code down(activation(gate(x)) * up(x))}.
 *
 * @param gate {@code [F, hidden]}
 * @param up {@code [F, hidden]}
 * @param down {@code [hidden, F]}
 */
public record GatedMlp(Linear gate, Linear up, Linear down, Activation activation) {

    /** What the gate passes through. */
    public enum Activation {
        /** Llama's, Qwen's, Mistral's. */
        SILU,
        /** Gemma's {@code gelu_pytorch_tanh}. */
        GELU_TANH
    }

    /** From the state's normed to its projected values. */
    public void forward(Activations state) {
        int tokens = state.tokens();
        gate.forward(state.kernels, state.normed, state.gate, tokens);
        up.forward(state.kernels, state.normed, state.up, tokens);
        int size = tokens * gate.weight().rows();
        switch (activation) {
            case SILU -> state.kernels.siluMultiply(state.gate, state.up, size);
            case GELU_TANH -> state.kernels.geluTanhMultiply(state.gate, state.up, size);
        }
        down.forward(state.kernels, state.gate, state.projected, tokens);
    }
}

package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;

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

    /**
     * From the state's normed to its projected values.
     *
     * @param layer the layer's index in its model
     */
    public void forward(Activations state, int layer) {
        int tokens = state.tokens();
        gate.forward(state.kernels, state.normed, state.gate, tokens);
        up.forward(state.kernels, state.normed, state.up, tokens);
        state.addAdapters(layer, Projection.GATE_PROJ, Projection.UP_PROJ);
        activate(state.kernels, state.gate, state.up, tokens * gate.weight().rows());
        down.forward(state.kernels, state.gate, state.projected, tokens);
        state.addAdapters(layer, Projection.DOWN_PROJ);
    }

    /** {@code gate = activation(gate) * up} over {@code size} values. */
    public void activate(Kernels kernels, float[] gate, float[] up, int size) {
        switch (activation) {
            case SILU -> kernels.siluMultiply(gate, up, size);
            case GELU_TANH -> kernels.geluTanhMultiply(gate, up, size);
        }
    }

    /**
     * The gradients of {@link #activate}.
     *
     * @param gate the values before the activation; receives their gradient
     * @param up receives its gradient
     * @param dy the gradient of the product
     */
    public void activateBackward(Kernels kernels, float[] gate, float[] up, float[] dy, int size) {
        switch (activation) {
            case SILU -> kernels.siluMultiplyBackward(gate, up, dy, gate, up, size);
            case GELU_TANH -> kernels.geluTanhMultiplyBackward(gate, up, dy, gate, up, size);
        }
    }
}

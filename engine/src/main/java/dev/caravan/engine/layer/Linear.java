package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.tensor.Tensor;

/**
 * A linear layer without bias: {@code y = x Wᵀ}.
 *
 * @param weight {@code [out, in]}, of any type
 */
public record Linear(Tensor weight) {

    /** {@code x[tokens, in]} to {@code y[tokens, out]}. */
    public void forward(Kernels kernels, float[] x, float[] y, int tokens) {
        kernels.linear(weight, x, y, tokens);
    }
}

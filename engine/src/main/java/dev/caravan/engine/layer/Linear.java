package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer: {@code y = x Wᵀ + b}.
 *
 * @param weight {@code [out, in]}, of any type
 * @param bias {@code [out]}, or null
 */
@SuppressWarnings("ArrayRecordComponent") // weights: read once from the file, never written
public record Linear(Tensor weight, float @Nullable [] bias) {

    /** Without bias. */
    public Linear(Tensor weight) {
        this(weight, null);
    }

    /** {@code x[tokens, in]} to {@code y[tokens, out]}. */
    public void forward(Kernels kernels, float[] x, float[] y, int tokens) {
        kernels.linear(weight, x, y, tokens);
        if (bias != null) {
            RowTasks.run(kernels, tokens, (first, end) -> {
                for (int t = first; t < end; t++) {
                    kernels.addScaled(1, bias, 0, y, t * bias.length, bias.length);
                }
            });
        }
    }

    /** The gradient with respect to x: {@code dx[tokens, in] = dy[tokens, out] W}; overwrites {@code dx}. */
    public void backward(Kernels kernels, float[] dy, float[] dx, int tokens) {
        kernels.linearBackward(weight, dy, dx, tokens);
    }
}

package dev.caravan.engine.train;

import java.util.Arrays;
import java.util.List;

/**
 * All gradients of a step taken together. Sums are in double and in the order of the tensors, so that they depend on no
 * thread. Not for sharing.
 */
final class Gradients {

    /** Stands in torch 2.15's {@code clip_grad_norm_} against a division by zero. */
    private static final double CLIP_EPSILON = 1e-6;

    private final List<TrainableTensor> tensors;

    Gradients(List<TrainableTensor> tensors) {
        this.tensors = List.copyOf(tensors);
    }

    void zero() {
        for (TrainableTensor tensor : tensors) {
            Arrays.fill(tensor.gradient(), 0);
        }
    }

    /** The L2 norm over all numbers; NaN or infinite if one of them is, or if their squares are beyond a double. */
    double norm() {
        double sum = 0;
        for (TrainableTensor tensor : tensors) {
            for (float value : tensor.gradient()) {
                sum += (double) value * value;
            }
        }
        return Math.sqrt(sum);
    }

    /**
     * Scales all gradients so that their norm is at most {@code maxNorm}, as {@code torch.nn.utils.clip_grad_norm_}.
     *
     * @param norm theirs now
     */
    void clip(double norm, double maxNorm) {
        float factor = (float) (maxNorm / (norm + CLIP_EPSILON));
        if (factor >= 1) {
            return;
        }
        for (TrainableTensor tensor : tensors) {
            float[] gradient = tensor.gradient();
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] *= factor;
            }
        }
    }
}

package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;

/**
 * Root mean square norm (Zhang and Sennrich 2019): {@code x / sqrt(mean(x²) + epsilon) * weight}, in float32.
 *
 * @param weight one factor per value; a Gemma file has its {@code +1} already inside
 */
@SuppressWarnings("ArrayRecordComponent") // weights: read once from the file, never written
public record RmsNorm(float[] weight, float epsilon) {

    /** Norms every one of {@code rows} runs of {@code weight.length} values; {@code y} may be {@code x}. */
    public void forward(Kernels kernels, float[] x, float[] y, int rows) {
        int size = weight.length;
        for (int row = 0; row < rows; row++) {
            kernels.rmsNorm(x, row * size, weight, epsilon, y, row * size, size);
        }
    }
}

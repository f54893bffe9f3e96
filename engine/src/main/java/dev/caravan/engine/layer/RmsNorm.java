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
        forward(kernels, x, y, 0, rows);
    }

    /** As the other, for the rows from {@code firstRow} to {@code endRow - 1}: what one worker takes. */
    public void forward(Kernels kernels, float[] x, float[] y, int firstRow, int endRow) {
        int size = weight.length;
        for (int row = firstRow; row < endRow; row++) {
            kernels.rmsNorm(x, row * size, weight, epsilon, y, row * size, size);
        }
    }

    /**
     * Adds the gradient with respect to x of some rows.
     *
     * @param x what was normed
     * @param dx not {@code dy}
     */
    public void backward(Kernels kernels, float[] x, float[] dy, float[] dx, int firstRow, int endRow) {
        int size = weight.length;
        for (int row = firstRow; row < endRow; row++) {
            int offset = row * size;
            kernels.rmsNormBackward(x, offset, weight, epsilon, dy, offset, dx, offset, size);
        }
    }
}

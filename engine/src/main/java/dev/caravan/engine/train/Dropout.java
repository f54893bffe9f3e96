package dev.caravan.engine.train;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.RowTasks;

/**
 * Leaves out inputs of adapters and scales the others up (Srivastava et al. 2014; PEFT's {@code lora_dropout}). Whether a
 * value is left out follows from seed, module and place alone, so that the backward pass finds the same values without a
 * mask being kept, and no order of work matters. The numbers are SplitMix64's (Steele, Lea and Flood 2014) at any place
 * of its sequence.
 *
 * @param probability of a value to be left out, 0 to below 1
 * @param seed another one for every batch
 */
record Dropout(double probability, long seed) {

    static final Dropout NONE = new Dropout(0, 0);

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    boolean isNone() {
        return probability == 0;
    }

    /** {@code y = mask * x / (1 - probability)} over {@code [rows, columns]}. */
    void apply(Kernels kernels, int module, float[] x, float[] y, int rows, int columns) {
        RowTasks.run(kernels, rows, (first, end) -> {
            for (int row = first; row < end; row++) {
                mask(module, row, y, row * columns, columns);
                for (int i = row * columns; i < (row + 1) * columns; i++) {
                    y[i] *= x[i];
                }
            }
        });
    }

    /** The gradient: {@code dx += mask * dy / (1 - probability)}. */
    void addGradient(Kernels kernels, int module, float[] dy, float[] dx, int rows, int columns) {
        RowTasks.run(kernels, rows, (first, end) -> {
            float[] mask = new float[columns];
            for (int row = first; row < end; row++) {
                mask(module, row, mask, 0, columns);
                for (int i = 0; i < columns; i++) {
                    dx[row * columns + i] += mask[i] * dy[row * columns + i];
                }
            }
        });
    }

    /** Writes a row's factors: 0 or {@code 1 / (1 - probability)}. */
    private void mask(int module, int row, float[] y, int offset, int columns) {
        long threshold = (long) (probability * (1L << 32));
        float factor = (float) (1 / (1 - probability));
        long key = mix(mix(seed) ^ mix(module * GOLDEN_GAMMA + 1)) + mix(row * GOLDEN_GAMMA + 2);
        for (int i = 0; i < columns; i += 2) {
            long bits = mix(key + (i >> 1) * GOLDEN_GAMMA);
            y[offset + i] = (bits >>> 32) < threshold ? 0 : factor;
            if (i + 1 < columns) {
                y[offset + i + 1] = (bits & 0xFFFFFFFFL) < threshold ? 0 : factor;
            }
        }
    }

    private static long mix(long number) {
        long z = number;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}

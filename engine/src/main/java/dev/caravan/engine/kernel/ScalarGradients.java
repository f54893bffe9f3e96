package dev.caravan.engine.kernel;

import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.Tensor;

/** The gradients of {@link ScalarKernels} and its matrix product: plain loops with sums in {@code double}. */
final class ScalarGradients {

    /** Rows of a result that one task takes. */
    private static final int ROWS_PER_TASK = 16;

    private ScalarGradients() {}

    static void linear(WorkerPool pool, Tensor weight, float[] dy, float[] dx, int tokens) {
        pool.run((tokens + ROWS_PER_TASK - 1) / ROWS_PER_TASK, task -> {
            int first = task * ROWS_PER_TASK;
            linearRows(weight, first, Math.min(first + ROWS_PER_TASK, tokens), dy, dx);
        });
    }

    private static void linearRows(Tensor weight, int first, int end, float[] dy, float[] dx) {
        int inputs = weight.columns();
        int outputs = weight.rows();
        long rowBytes = weight.dtype().byteSize(inputs);
        float[] row = new float[inputs];
        double[] sums = new double[(end - first) * inputs];
        for (int o = 0; o < outputs; o++) {
            BlockFormat.of(weight.dtype()).dequantize(weight.data(), o * rowBytes, row, 0, inputs);
            for (int t = first; t < end; t++) {
                double factor = dy[t * outputs + o];
                for (int i = 0; i < inputs; i++) {
                    sums[(t - first) * inputs + i] += factor * row[i];
                }
            }
        }
        for (int i = 0; i < sums.length; i++) {
            dx[first * inputs + i] = (float) sums[i];
        }
    }

    static void gemm(WorkerPool pool, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
        pool.run((c.rows() + ROWS_PER_TASK - 1) / ROWS_PER_TASK, task -> {
            int end = Math.min((task + 1) * ROWS_PER_TASK, c.rows());
            for (int row = task * ROWS_PER_TASK; row < end; row++) {
                gemmRow(alpha, a, b, beta, c, row);
            }
        });
    }

    private static void gemmRow(float alpha, Matrix a, Matrix b, float beta, Matrix c, int row) {
        for (int column = 0; column < c.columns(); column++) {
            int from = a.offset() + row * a.rowStride();
            int with = b.offset() + column * b.columnStride();
            double sum = 0;
            for (int k = 0; k < a.width(); k++) {
                sum += (double) a.values()[from + k * a.columnStride()] * b.values()[with + k * b.rowStride()];
            }
            int to = c.offset() + row * c.columns() + column;
            c.values()[to] = (float) (alpha * sum + (beta == 0 ? 0 : (double) beta * c.values()[to]));
        }
    }

    /**
     * With {@code s = 1 / sqrt(mean(x²) + epsilon)} and {@code g = weight * dy}: {@code dx_i += s g_i - x_i s³ / size *
     * Σ_j g_j x_j}.
     */
    static void rmsNorm(
            float[] x,
            int xOffset,
            float[] weight,
            float epsilon,
            float[] dy,
            int dyOffset,
            float[] dx,
            int dxOffset,
            int size) {
        double squares = 0;
        double products = 0;
        for (int i = 0; i < size; i++) {
            double value = x[xOffset + i];
            squares += value * value;
            products += value * weight[i] * dy[dyOffset + i];
        }
        double scale = 1 / Math.sqrt(squares / size + epsilon);
        double common = scale * scale * scale / size * products;
        for (int i = 0; i < size; i++) {
            dx[dxOffset + i] += (float) (scale * weight[i] * dy[dyOffset + i] - common * x[xOffset + i]);
        }
    }

    /** {@code silu'(z) = σ(z) (1 + z (1 - σ(z)))}. */
    static void siluMultiply(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size) {
        for (int i = 0; i < size; i++) {
            double z = gate[i];
            double sigmoid = 1 / (1 + Math.exp(-z));
            double slope = sigmoid * (1 + z * (1 - sigmoid));
            double activated = z * sigmoid;
            double upward = up[i];
            dGate[i] = (float) (dy[i] * upward * slope);
            dUp[i] = (float) (dy[i] * activated);
        }
    }

    /**
     * With {@code u = sqrt(2 / π) (z + 0.044715 z³)} and {@code t = tanh(u)}: {@code gelu'(z) = (1 + t) / 2 + z (1 - t²)
     * u' / 2}.
     */
    static void geluTanhMultiply(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size) {
        for (int i = 0; i < size; i++) {
            double z = gate[i];
            double root = Math.sqrt(2 / Math.PI);
            double t = Math.tanh(root * (z + 0.044715 * z * z * z));
            double slope = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * root * (1 + 3 * 0.044715 * z * z);
            double upward = up[i];
            dGate[i] = (float) (dy[i] * upward * slope);
            dUp[i] = (float) (dy[i] * 0.5 * z * (1 + t));
        }
    }
}

package dev.caravan.engine.kernel;

import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.Tensor;
import java.util.function.IntConsumer;

/**
 * Plain loops: the truth. Sums of products are taken in {@code double}, so that what the faster kernels are compared
 * with carries no rounding of its own.
 */
final class ScalarKernels implements Kernels {

    /** Rows of a weight that one task takes. */
    private static final int ROWS_PER_TASK = 16;

    private final WorkerPool pool;

    ScalarKernels(WorkerPool pool) {
        this.pool = pool;
    }

    @Override
    public void linear(Tensor weight, float[] x, float[] y, int tokens) {
        Shapes.checkLinear(weight, x, y, tokens);
        int outputs = weight.rows();
        int tasks = (outputs + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
        pool.run(tasks, task -> {
            int first = task * ROWS_PER_TASK;
            linearRows(weight, first, Math.min(first + ROWS_PER_TASK, outputs), x, y, tokens);
        });
    }

    private static void linearRows(Tensor weight, int first, int end, float[] x, float[] y, int tokens) {
        int inputs = weight.columns();
        int outputs = weight.rows();
        BlockFormat format = BlockFormat.of(weight.dtype());
        long rowBytes = weight.dtype().byteSize(inputs);
        float[] row = new float[inputs];
        for (int o = first; o < end; o++) {
            format.dequantize(weight.data(), o * rowBytes, row, 0, inputs);
            for (int t = 0; t < tokens; t++) {
                y[t * outputs + o] = (float) sumOfProducts(row, 0, x, t * inputs, inputs);
            }
        }
    }

    @Override
    public void row(Tensor table, int row, float[] y, int yOffset) {
        Shapes.checkRow(table, row, y, yOffset);
        long rowBytes = table.dtype().byteSize(table.columns());
        BlockFormat.of(table.dtype()).dequantize(table.data(), row * rowBytes, y, yOffset, table.columns());
    }

    @Override
    public void rmsNorm(float[] x, int xOffset, float[] weight, float epsilon, float[] y, int yOffset, int size) {
        double meanSquare = sumOfProducts(x, xOffset, x, xOffset, size) / size;
        double scale = 1 / Math.sqrt(meanSquare + epsilon);
        for (int i = 0; i < size; i++) {
            y[yOffset + i] = (float) (x[xOffset + i] * scale * weight[i]);
        }
    }

    @Override
    public void layerNorm(
            float[] x, int xOffset, float[] weight, float[] bias, float epsilon, float[] y, int yOffset, int size) {
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += x[xOffset + i];
        }
        double mean = sum / size;
        double squares = 0;
        for (int i = 0; i < size; i++) {
            double centred = x[xOffset + i] - mean;
            squares += centred * centred;
        }
        double scale = 1 / Math.sqrt(squares / size + epsilon);
        for (int i = 0; i < size; i++) {
            y[yOffset + i] = (float) ((x[xOffset + i] - mean) * scale * weight[i] + bias[i]);
        }
    }

    @Override
    public void attention(AttentionShape shape, float[] q, float[] k, float[] v, float[] y, int tokens, int position) {
        Shapes.checkAttention(shape, q, k, v, y, tokens, position);
        pool.run(tokens * shape.heads(), task -> {
            int token = task / shape.heads();
            attendHead(shape, q, k, v, y, token, task % shape.heads(), position + token, position + tokens);
        });
    }

    private static void attendHead(
            AttentionShape shape,
            float[] q,
            float[] k,
            float[] v,
            float[] y,
            int token,
            int head,
            int position,
            int positions) {
        int size = shape.headSize();
        int first = shape.firstKey(position);
        int end = shape.endKey(position, positions);
        int query = token * shape.querySize() + head * size;
        int keyHead = head / (shape.heads() / shape.keyValueHeads()) * size;
        double[] weights = new double[end - first];
        double highest = Double.NEGATIVE_INFINITY;
        for (int p = first; p < end; p++) {
            int key = p * shape.keyValueSize() + keyHead;
            weights[p - first] = sumOfProducts(q, query, k, key, size) * shape.scale();
            highest = Math.max(highest, weights[p - first]);
        }
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.exp(weights[i] - highest);
            sum += weights[i];
        }
        for (int i = 0; i < size; i++) {
            double mixed = 0;
            for (int p = first; p < end; p++) {
                mixed += weights[p - first] * v[p * shape.keyValueSize() + keyHead + i];
            }
            y[query + i] = (float) (mixed / sum);
        }
    }

    @Override
    public float dot(float[] x, int xOffset, float[] y, int yOffset, int size) {
        return (float) sumOfProducts(x, xOffset, y, yOffset, size);
    }

    private static double sumOfProducts(float[] x, int xOffset, float[] y, int yOffset, int size) {
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += (double) x[xOffset + i] * y[yOffset + i];
        }
        return sum;
    }

    @Override
    public void addScaled(float scale, float[] x, int xOffset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i++) {
            y[yOffset + i] += scale * x[xOffset + i];
        }
    }

    @Override
    public void softmax(float[] x, int offset, int size) {
        float highest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            highest = Math.max(highest, x[offset + i]);
        }
        double sum = 0;
        for (int i = 0; i < size; i++) {
            double e = Math.exp((double) x[offset + i] - highest);
            x[offset + i] = (float) e;
            sum += e;
        }
        for (int i = 0; i < size; i++) {
            x[offset + i] = (float) (x[offset + i] / sum);
        }
    }

    @Override
    public void siluMultiply(float[] gate, float[] up, int size) {
        for (int i = 0; i < size; i++) {
            double z = gate[i];
            gate[i] = (float) (z / (1 + Math.exp(-z)) * up[i]);
        }
    }

    @Override
    public void geluTanhMultiply(float[] gate, float[] up, int size) {
        for (int i = 0; i < size; i++) {
            double z = gate[i];
            double inner = Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z);
            gate[i] = (float) (0.5 * z * (1 + Math.tanh(inner)) * up[i]);
        }
    }

    @Override
    public void gelu(float[] x, int offset, int size) {
        for (int i = 0; i < size; i++) {
            double z = x[offset + i];
            x[offset + i] = (float) (0.5 * z * ErrorFunction.erfc(-z / Math.sqrt(2)));
        }
    }

    @Override
    public void gemm(float alpha, Matrix a, Matrix b, float beta, Matrix c) {
        Shapes.checkProduct(a, b, c);
        ScalarGradients.gemm(pool, alpha, a, b, beta, c);
    }

    @Override
    public void linearBackward(Tensor weight, float[] dy, float[] dx, int tokens) {
        Shapes.checkLinear(weight, dx, dy, tokens);
        ScalarGradients.linear(pool, weight, dy, dx, tokens);
    }

    @Override
    public void rmsNormBackward(
            float[] x,
            int xOffset,
            float[] weight,
            float epsilon,
            float[] dy,
            int dyOffset,
            float[] dx,
            int dxOffset,
            int size) {
        ScalarGradients.rmsNorm(x, xOffset, weight, epsilon, dy, dyOffset, dx, dxOffset, size);
    }

    @Override
    public void siluMultiplyBackward(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size) {
        ScalarGradients.siluMultiply(gate, up, dy, dGate, dUp, size);
    }

    @Override
    public void geluTanhMultiplyBackward(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size) {
        ScalarGradients.geluTanhMultiply(gate, up, dy, dGate, dUp, size);
    }

    @Override
    public void packedAttention(PackedAttention attention) {
        new ScalarPackedAttention(attention).attend(pool);
    }

    @Override
    public void packedAttentionBackward(PackedAttention attention, float[] dy, float[] dq, float[] dk, float[] dv) {
        Shapes.checkPackedGradients(attention, dy, dq, dk, dv);
        new ScalarPackedAttention(attention).backward(pool, dy, dq, dk, dv);
    }

    @Override
    public void parallel(int tasks, IntConsumer task) {
        pool.run(tasks, task);
    }

    @Override
    public void close() {
        pool.close();
    }
}

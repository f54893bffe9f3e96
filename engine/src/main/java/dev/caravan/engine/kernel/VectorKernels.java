package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Kernels on the JDK's Vector API. Activations stay in float: against 8-bit activations that costs no speed where
 * memory is the limit (a decoder's one token) and keeps the model's own accuracy.
 *
 * <p>Three ways of a linear layer by the number of tokens: one token goes through {@link VectorRows#dot} on the packed
 * bytes; a few tokens unpack each row once for {@link FewTokens}; more go to {@link MatrixProduct}.
 */
final class VectorKernels implements Kernels {

    /** Up to here a row is unpacked for plain products; a register tile would be mostly empty. */
    private static final int FEW_TOKENS = 8;
    /** From here on a library's product is worth its calls. */
    private static final int MANY_TOKENS = 64;
    /** The least weight bytes of a task: below, handing it out would cost as much as doing it. */
    private static final int LEAST_TASK_BYTES = 16 << 10;
    /** Tasks of one linear layer per thread, so that a thread that was held up leaves its share to the others. */
    private static final int TASKS_PER_THREAD = 8;
    /** Values of an activation that one task takes. */
    private static final int ACTIVATION_TASK = 1 << 14;

    private final WorkerPool pool;
    private final MatrixProduct product;
    private final LinearGradient gradient;
    private final DenseProduct dense;
    private final @Nullable OneDnnLinear oneDnn;
    private final VectorAttention attention;
    private final VectorPackedAttention packed;
    private final Scratch inputs = new Scratch();
    private final Scratch rows = new Scratch();
    private final Scratch spreads = new Scratch();
    private final Scratch scaleRows = new Scratch();
    private final Scratch sumRows = new Scratch();

    VectorKernels(WorkerPool pool) {
        this(pool, null);
    }

    /** @param oneDnn what computes linear layers on many tokens, if not the Vector API */
    VectorKernels(WorkerPool pool, @Nullable OneDnnLinear oneDnn) {
        this.pool = pool;
        this.oneDnn = oneDnn;
        this.product = new MatrixProduct(pool);
        this.gradient = new LinearGradient(pool);
        this.dense = new DenseProduct(pool);
        this.attention = new VectorAttention(pool);
        this.packed = new VectorPackedAttention(pool);
    }

    @Override
    public void linear(Tensor weight, float[] x, float[] y, int tokens) {
        Shapes.checkLinear(weight, x, y, tokens);
        if (VectorRows.evensFirst(weight.dtype())) {
            int columns = weight.columns();
            float[] ordered = inputs.borrow(tokens * columns);
            pool.run(tokens, token -> EvenOdd.part(x, token * columns, ordered, columns));
            linearInOrder(weight, ordered, y, tokens);
            inputs.giveBack(ordered);
        } else {
            linearInOrder(weight, x, y, tokens);
        }
    }

    private void linearInOrder(Tensor weight, float[] x, float[] y, int tokens) {
        if (oneDnn != null && tokens >= MANY_TOKENS) {
            oneDnn.multiply(weight, x, y, tokens);
        } else if (tokens > FEW_TOKENS) {
            product.multiply(weight, x, y, tokens);
        } else if (tokens > 0) {
            byRows(weight, x, y, tokens);
        }
    }

    private void byRows(Tensor weight, float[] x, float[] y, int tokens) {
        int outputs = weight.rows();
        long rowBytes = weight.dtype().byteSize(weight.columns());
        int least = (int) Math.min(outputs, LEAST_TASK_BYTES / rowBytes + 1);
        int rowsPerTask = Math.max(least, outputs / (pool.threads() * TASKS_PER_THREAD) + 1);
        int tasks = (outputs + rowsPerTask - 1) / rowsPerTask;
        float[] sums = sumRows.borrow(VectorRows.scaleCount(weight.columns()));
        float[] spread = spreads.borrow(tokens == 1 ? 0 : FewTokens.size(weight.columns(), tokens));
        if (tokens == 1) {
            VectorRows.sums(weight.dtype(), x, weight.columns(), sums);
        } else {
            FewTokens.spread(x, spread, weight.columns(), tokens);
        }
        pool.run(tasks, task -> {
            int first = task * rowsPerTask;
            int end = Math.min(outputs, first + rowsPerTask);
            float[] scales = scaleRows.borrow(VectorRows.scaleCount(weight.columns()));
            if (tokens == 1) {
                dotRows(weight, first, end, x, y, scales, sums);
            } else {
                float[] row = rows.borrow(weight.columns());
                dotRows(weight, first, end, spread, y, tokens, row, scales);
                rows.giveBack(row);
            }
            scaleRows.giveBack(scales);
        });
        spreads.giveBack(spread);
        sumRows.giveBack(sums);
    }

    private static void dotRows(Tensor weight, int first, int end, float[] x, float[] y, float[] scales, float[] sums) {
        DType dtype = weight.dtype();
        int inputs = weight.columns();
        long rowBytes = dtype.byteSize(inputs);
        for (int o = first; o < end; o++) {
            y[o] = VectorRows.dot(dtype, weight.data(), o * rowBytes, x, inputs, scales, sums);
        }
    }

    private static void dotRows(
            Tensor weight, int first, int end, float[] spread, float[] y, int tokens, float[] row, float[] scales) {
        DType dtype = weight.dtype();
        int inputs = weight.columns();
        int outputs = weight.rows();
        long rowBytes = dtype.byteSize(inputs);
        for (int o = first; o < end; o++) {
            VectorRows.unpack(dtype, weight.data(), o * rowBytes, row, 0, inputs, scales);
            FewTokens.dot(row, inputs, spread, tokens, y, o, outputs);
        }
    }

    @Override
    public void row(Tensor table, int row, float[] y, int yOffset) {
        Shapes.checkRow(table, row, y, yOffset);
        long rowBytes = table.dtype().byteSize(table.columns());
        float[] scales = scaleRows.borrow(VectorRows.scaleCount(table.columns()));
        VectorRows.unpack(table.dtype(), table.data(), row * rowBytes, y, yOffset, table.columns(), scales);
        scaleRows.giveBack(scales);
        if (VectorRows.evensFirst(table.dtype())) {
            EvenOdd.join(y, yOffset, table.columns());
        }
    }

    @Override
    public void rmsNorm(float[] x, int xOffset, float[] weight, float epsilon, float[] y, int yOffset, int size) {
        VectorMath.rmsNorm(x, xOffset, weight, epsilon, y, yOffset, size);
    }

    @Override
    public void layerNorm(
            float[] x, int xOffset, float[] weight, float[] bias, float epsilon, float[] y, int yOffset, int size) {
        VectorMath.layerNorm(x, xOffset, weight, bias, epsilon, y, yOffset, size);
    }

    @Override
    public void attention(AttentionShape shape, float[] q, float[] k, float[] v, float[] y, int tokens, int position) {
        Shapes.checkAttention(shape, q, k, v, y, tokens, position);
        attention.attend(shape, q, k, v, y, tokens, position);
    }

    @Override
    public float dot(float[] x, int xOffset, float[] y, int yOffset, int size) {
        return VectorMath.dot(x, xOffset, y, yOffset, size);
    }

    @Override
    public void addScaled(float scale, float[] x, int xOffset, float[] y, int yOffset, int size) {
        VectorMath.addScaled(scale, x, xOffset, y, yOffset, size);
    }

    @Override
    public void softmax(float[] x, int offset, int size) {
        VectorMath.softmax(x, offset, size);
    }

    @Override
    public void siluMultiply(float[] gate, float[] up, int size) {
        pool.run(activationTasks(size), task -> {
            int from = task * ACTIVATION_TASK;
            VectorMath.siluMultiply(gate, up, from, Math.min(size, from + ACTIVATION_TASK));
        });
    }

    @Override
    public void geluTanhMultiply(float[] gate, float[] up, int size) {
        pool.run(activationTasks(size), task -> {
            int from = task * ACTIVATION_TASK;
            VectorMath.geluTanhMultiply(gate, up, from, Math.min(size, from + ACTIVATION_TASK));
        });
    }

    @Override
    public void gelu(float[] x, int offset, int size) {
        pool.run(activationTasks(size), task -> {
            int from = task * ACTIVATION_TASK;
            VectorMath.gelu(x, offset + from, Math.min(size - from, ACTIVATION_TASK));
        });
    }

    private static int activationTasks(int size) {
        return (size + ACTIVATION_TASK - 1) / ACTIVATION_TASK;
    }

    @Override
    public void gemm(float alpha, Matrix a, Matrix b, float beta, Matrix c) {
        Shapes.checkProduct(a, b, c);
        dense.multiply(alpha, a, b, beta, c);
    }

    @Override
    public void linearBackward(Tensor weight, float[] dy, float[] dx, int tokens) {
        Shapes.checkLinear(weight, dx, dy, tokens);
        if (oneDnn != null && tokens >= MANY_TOKENS) {
            oneDnn.multiplyBackward(weight, dy, dx, tokens);
        } else {
            gradient.multiply(weight, dy, dx, tokens);
        }
        if (VectorRows.evensFirst(weight.dtype())) {
            int columns = weight.columns();
            pool.run(tokens, token -> EvenOdd.join(dx, token * columns, columns));
        }
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
        VectorGradients.rmsNorm(x, xOffset, weight, epsilon, dy, dyOffset, dx, dxOffset, size);
    }

    @Override
    public void siluMultiplyBackward(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size) {
        pool.run(activationTasks(size), task -> {
            int from = task * ACTIVATION_TASK;
            VectorGradients.siluMultiply(gate, up, dy, dGate, dUp, from, Math.min(size, from + ACTIVATION_TASK));
        });
    }

    @Override
    public void geluTanhMultiplyBackward(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size) {
        pool.run(activationTasks(size), task -> {
            int from = task * ACTIVATION_TASK;
            VectorGradients.geluTanhMultiply(gate, up, dy, dGate, dUp, from, Math.min(size, from + ACTIVATION_TASK));
        });
    }

    @Override
    public void packedAttention(PackedAttention attention) {
        packed.attend(attention);
    }

    @Override
    public void packedAttentionBackward(PackedAttention attention, float[] dy, float[] dq, float[] dk, float[] dv) {
        Shapes.checkPackedGradients(attention, dy, dq, dk, dv);
        packed.backward(attention, dy, dq, dk, dv);
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

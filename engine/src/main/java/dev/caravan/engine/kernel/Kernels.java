package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.Tensor;
import java.util.function.IntConsumer;

/**
 * The arithmetic of a model on {@code float} activations and weights of any {@link
 * dev.caravan.engine.tensor.DType}. The scalar provider is the truth; faster ones are tested against it. Thread-safe; a
 * call returns when its work is done, also where worker threads share it.
 *
 * <p>Letters: T tokens, I inputs, O outputs.
 */
public interface Kernels extends AutoCloseable {

    /** {@code y[T, O] = x[T, I] Wᵀ} for a weight {@code [O, I]}; runs on all workers. */
    void linear(Tensor weight, float[] x, float[] y, int tokens);

    /** One row of a table {@code [O, I]} as floats: an embedding. */
    void row(Tensor table, int row, float[] y, int yOffset);

    /** {@code y = x / sqrt(mean(x²) + epsilon) * weight} over {@code size} values. */
    void rmsNorm(float[] x, int xOffset, float[] weight, float epsilon, float[] y, int yOffset, int size);

    /** {@code y = (x - mean) / sqrt(variance + epsilon) * weight + bias} over {@code size} values. */
    void layerNorm(
            float[] x, int xOffset, float[] weight, float[] bias, float epsilon, float[] y, int yOffset, int size);

    /**
     * Softmax attention of T tokens at the positions {@code position .. position + T - 1} over the keys and values of
     * the positions 0 .. position + T - 1, their own included; runs on all workers.
     *
     * @param q {@code [T, heads * headSize]}, rotated but not scaled
     * @param k {@code [positions, keyValueHeads * headSize]}: a layer's cache from position 0 on; rows behind the last
     *     token's are not read
     * @param v the same for the values
     * @param y receives {@code [T, heads * headSize]}; not the array of {@code q}
     */
    void attention(AttentionShape shape, float[] q, float[] k, float[] v, float[] y, int tokens, int position);

    /** The sum of products of two runs of values. */
    float dot(float[] x, int xOffset, float[] y, int yOffset, int size);

    /** {@code y += scale * x}. */
    void addScaled(float scale, float[] x, int xOffset, float[] y, int yOffset, int size);

    /** Softmax in place. */
    void softmax(float[] x, int offset, int size);

    /** {@code gate = silu(gate) * up}. */
    void siluMultiply(float[] gate, float[] up, int size);

    /** {@code gate = gelu(gate) * up} with the tanh approximation (transformers' {@code gelu_pytorch_tanh}). */
    void geluTanhMultiply(float[] gate, float[] up, int size);

    /** {@code x = gelu(x)} with the error function. */
    void gelu(float[] x, int offset, int size);

    /**
     * {@code c = alpha a b + beta c} for dense matrices; runs on all workers. With {@code beta} 0 what {@code c} held does
     * not count, not-a-number neither. Made for the thin products of low-rank adapters and their gradients.
     *
     * @param c not transposed, and in no array of {@code a} or {@code b}
     */
    void gemm(float alpha, Matrix a, Matrix b, float beta, Matrix c);

    /** The gradient of {@link #linear}: {@code dx[T, I] = dy[T, O] W}; overwrites {@code dx}, runs on all workers. */
    void linearBackward(Tensor weight, float[] dy, float[] dx, int tokens);

    /** The gradient of {@link #rmsNorm} with respect to x, added to {@code dx}; {@code dx} is not {@code dy}. */
    void rmsNormBackward(
            float[] x,
            int xOffset,
            float[] weight,
            float epsilon,
            float[] dy,
            int dyOffset,
            float[] dx,
            int dxOffset,
            int size);

    /**
     * The gradients of {@link #siluMultiply}; overwrites {@code dGate} and {@code dUp}.
     *
     * @param gate the values before the activation
     * @param dGate may be the array of {@code gate}
     * @param dUp may be the array of {@code up} or {@code dy}
     */
    void siluMultiplyBackward(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size);

    /** The gradients of {@link #geluTanhMultiply}, as {@link #siluMultiplyBackward}. */
    void geluTanhMultiplyBackward(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size);

    /** Attention over packed sequences: writes {@code y} and {@code logSumExp}; runs on all workers. */
    void packedAttention(PackedAttention attention);

    /**
     * The gradients of {@link #packedAttention}; overwrites {@code dq}, {@code dk} and {@code dv}, runs on all workers.
     * Probabilities are computed again from {@code logSumExp}; nothing of the size T x T exists.
     *
     * @param attention with {@code y} and {@code logSumExp} as {@link #packedAttention} left them
     * @param dy {@code [T, heads * D]}
     * @param dq {@code [T, heads * D]}
     * @param dk {@code [T, keyValueHeads * D]}
     * @param dv {@code [T, keyValueHeads * D]}
     */
    void packedAttentionBackward(PackedAttention attention, float[] dy, float[] dq, float[] dk, float[] dv);

    /** Runs {@code task} for 0 .. tasks-1 on the workers and the caller; returns when all are done. */
    void parallel(int tasks, IntConsumer task);

    @Override
    void close();
}

package dev.caravan.engine.train;

import dev.caravan.engine.kernel.AttentionShape;
import dev.caravan.engine.kernel.PackedAttention;
import dev.caravan.engine.layer.CausalSelfAttention;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RotaryEmbedding;
import dev.caravan.engine.layer.RowTasks;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The attention of one layer in training: forward and backward over packed sequences. Immutable. */
final class TrainingAttention {

    private final AttentionShape shape;
    private final @Nullable RmsNorm queryNorm;
    private final @Nullable RmsNorm keyNorm;
    private final int rotary;
    private final AdaptedLinear query;
    private final AdaptedLinear key;
    private final AdaptedLinear value;
    private final AdaptedLinear output;

    TrainingAttention(CausalSelfAttention attention, int rotary, Map<Projection, AdaptedLinear> layers) {
        this.shape = attention.shape();
        this.queryNorm = attention.weights().queryNorm();
        this.keyNorm = attention.weights().keyNorm();
        this.rotary = rotary;
        this.query = AdaptedLinear.in(layers, Projection.Q_PROJ);
        this.key = AdaptedLinear.in(layers, Projection.K_PROJ);
        this.value = AdaptedLinear.in(layers, Projection.V_PROJ);
        this.output = AdaptedLinear.in(layers, Projection.O_PROJ);
    }

    /** Whether an adapter makes a gradient before the attention itself necessary. */
    boolean hasAdaptedInputs() {
        return query.isAdapted() || key.isAdapted() || value.isAdapted();
    }

    boolean isAdapted() {
        return hasAdaptedInputs() || output.isAdapted();
    }

    /**
     * From the normed input in the buffers to {@code y[T, H]}.
     *
     * @param kept receives what the backward pass needs
     */
    void forward(TrainingBuffers buffers, BlockActivations kept, float[] y) {
        query.forward(buffers, buffers.normed, kept.query, kept.lowRank(Projection.Q_PROJ));
        key.forward(buffers, buffers.normed, kept.key, kept.lowRank(Projection.K_PROJ));
        value.forward(buffers, buffers.normed, kept.value, kept.lowRank(Projection.V_PROJ));
        turn(buffers, queryNorm, kept.query, buffers.query, shape.heads());
        turn(buffers, keyNorm, kept.key, buffers.key, shape.keyValueHeads());
        buffers.kernels.packedAttention(packed(buffers, kept));
        output.forward(buffers, kept.attended, y, kept.lowRank(Projection.O_PROJ));
    }

    /** Norms and rotates heads into {@code turned}; without a norm it rotates them where they are. */
    private void turn(TrainingBuffers buffers, @Nullable RmsNorm norm, float[] projected, float[] turned, int heads) {
        RotaryEmbedding.Table table = buffers.table(rotary);
        RowTasks.run(buffers.kernels, buffers.tokens(), (first, end) -> {
            if (norm == null) {
                table.apply(projected, first, end, heads);
            } else {
                norm.forward(buffers.kernels, projected, turned, first * heads, end * heads);
                table.apply(turned, first, end, heads);
            }
        });
    }

    private PackedAttention packed(TrainingBuffers buffers, BlockActivations kept) {
        return new PackedAttention(
                shape,
                buffers.starts(),
                buffers.tokens(),
                queryNorm == null ? kept.query : buffers.query,
                keyNorm == null ? kept.key : buffers.key,
                kept.value,
                kept.attended,
                kept.logSumExp);
    }

    /**
     * Adds to the adapters' gradients; writes that of the normed input to the buffers if it is needed.
     *
     * @param dy {@code [T, H]}; may be the buffer of the normed input's gradient
     * @param needsInputGradient whether there is an adapter below this layer
     */
    void backward(
            TrainingBuffers buffers,
            LoraGradients gradients,
            BlockActivations kept,
            float[] dy,
            boolean needsInputGradient) {
        boolean isDeep = needsInputGradient || hasAdaptedInputs();
        float[] attendedGradient = isDeep ? buffers.attendedGradient : null;
        output.backward(buffers, gradients, kept.attended, dy, attendedGradient, kept.lowRank(Projection.O_PROJ));
        if (attendedGradient != null) {
            attentionBackward(buffers, kept, attendedGradient);
            inputsBackward(buffers, gradients, kept, needsInputGradient);
        }
    }

    private void attentionBackward(TrainingBuffers buffers, BlockActivations kept, float[] attendedGradient) {
        if (queryNorm != null) {
            turn(buffers, queryNorm, kept.query, buffers.query, shape.heads());
        }
        if (keyNorm != null) {
            turn(buffers, keyNorm, kept.key, buffers.key, shape.keyValueHeads());
        }
        buffers.kernels.packedAttentionBackward(
                packed(buffers, kept),
                attendedGradient,
                buffers.queryGradient,
                buffers.keyGradient,
                buffers.valueGradient);
        turnBack(buffers, queryNorm, kept.query, buffers.queryGradient, shape.heads());
        turnBack(buffers, keyNorm, kept.key, buffers.keyGradient, shape.keyValueHeads());
    }

    /** The gradient of {@link #turn}, in place. */
    private void turnBack(
            TrainingBuffers buffers, @Nullable RmsNorm norm, float[] projected, float[] gradient, int heads) {
        RotaryEmbedding.Table table = buffers.table(rotary);
        RowTasks.run(buffers.kernels, buffers.tokens(), (first, end) -> {
            table.applyTransposed(gradient, first, end, heads);
            if (norm != null) {
                int size = norm.weight().length;
                normBackward(buffers, norm, projected, gradient, first * heads * size, end * heads * size);
            }
        });
    }

    /** In place, by a copy of one head after the other: the kernel adds to what it writes. */
    private static void normBackward(
            TrainingBuffers buffers, RmsNorm norm, float[] x, float[] gradient, int from, int end) {
        int size = norm.weight().length;
        float[] dy = new float[size];
        for (int offset = from; offset < end; offset += size) {
            System.arraycopy(gradient, offset, dy, 0, size);
            Arrays.fill(gradient, offset, offset + size, 0);
            buffers.kernels.rmsNormBackward(x, offset, norm.weight(), norm.epsilon(), dy, 0, gradient, offset, size);
        }
    }

    private void inputsBackward(
            TrainingBuffers buffers, LoraGradients gradients, BlockActivations kept, boolean needsInputGradient) {
        float[] x = buffers.normed;
        float[] dx = needsInputGradient ? buffers.normedGradient : null;
        float[] part = needsInputGradient ? buffers.wide : null;
        query.backward(buffers, gradients, x, buffers.queryGradient, dx, kept.lowRank(Projection.Q_PROJ));
        key.backward(buffers, gradients, x, buffers.keyGradient, part, kept.lowRank(Projection.K_PROJ));
        addPart(buffers, dx, part, key.inputs());
        value.backward(buffers, gradients, x, buffers.valueGradient, part, kept.lowRank(Projection.V_PROJ));
        addPart(buffers, dx, part, value.inputs());
    }

    private static void addPart(TrainingBuffers buffers, float @Nullable [] dx, float @Nullable [] part, int size) {
        if (dx != null && part != null) {
            buffers.add(part, dx, size);
        }
    }
}

package dev.caravan.engine.train;

import dev.caravan.engine.layer.GatedMlp;
import dev.caravan.engine.layer.Projection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The gated MLP of one layer in training: forward and backward. Immutable. */
final class TrainingMlp {

    private final GatedMlp mlp;
    private final AdaptedLinear gate;
    private final AdaptedLinear up;
    private final AdaptedLinear down;
    private final int feedForward;

    TrainingMlp(GatedMlp mlp, Map<Projection, AdaptedLinear> layers) {
        this.mlp = mlp;
        this.gate = AdaptedLinear.in(layers, Projection.GATE_PROJ);
        this.up = AdaptedLinear.in(layers, Projection.UP_PROJ);
        this.down = AdaptedLinear.in(layers, Projection.DOWN_PROJ);
        this.feedForward = mlp.gate().weight().rows();
    }

    /** Whether an adapter makes a gradient before the activation necessary. */
    boolean hasAdaptedInputs() {
        return gate.isAdapted() || up.isAdapted();
    }

    /**
     * From the normed input in the buffers to {@code y[T, H]}.
     *
     * @param kept receives what the backward pass needs
     * @param y null if only that is wanted
     */
    void forward(TrainingBuffers buffers, BlockActivations kept, float @Nullable [] y) {
        gate.forward(buffers, buffers.normed, kept.gate, kept.lowRank(Projection.GATE_PROJ));
        up.forward(buffers, buffers.normed, kept.up, kept.lowRank(Projection.UP_PROJ));
        float[] lowRank = kept.lowRank(Projection.DOWN_PROJ);
        if (y != null) {
            multiply(buffers, kept);
            down.forward(buffers, buffers.wide, y, lowRank);
        } else if (down.isAdapted()) {
            multiply(buffers, kept);
            down.shrink(buffers, buffers.wide, lowRank);
        }
    }

    /** {@code activation(gate) * up}, leaving both as they are. */
    private void multiply(TrainingBuffers buffers, BlockActivations kept) {
        buffers.copy(kept.gate, buffers.wide, feedForward);
        mlp.activate(buffers.kernels, buffers.wide, kept.up, buffers.tokens() * feedForward);
    }

    /**
     * Adds to the adapters' gradients; writes that of the normed input to the buffers if it is needed.
     *
     * @param kept gate and up are overwritten
     * @param dy {@code [T, H]}; may be the buffer of the normed input's gradient
     * @param needsInputGradient whether there is an adapter before this MLP
     */
    void backward(
            TrainingBuffers buffers,
            LoraGradients gradients,
            BlockActivations kept,
            float[] dy,
            boolean needsInputGradient) {
        if (down.isAdapted()) {
            multiply(buffers, kept);
        }
        // The product is not needed any more when its gradient is written over it.
        float[] product = buffers.wide;
        boolean isDeep = needsInputGradient || hasAdaptedInputs();
        down.backward(buffers, gradients, product, dy, isDeep ? product : null, kept.lowRank(Projection.DOWN_PROJ));
        if (!isDeep) {
            return;
        }
        mlp.activateBackward(buffers.kernels, kept.gate, kept.up, product, buffers.tokens() * feedForward);
        float[] x = buffers.normed;
        float[] dx = needsInputGradient ? buffers.normedGradient : null;
        float[] part = needsInputGradient ? buffers.wide : null;
        gate.backward(buffers, gradients, x, kept.gate, dx, kept.lowRank(Projection.GATE_PROJ));
        up.backward(buffers, gradients, x, kept.up, part, kept.lowRank(Projection.UP_PROJ));
        if (dx != null && part != null) {
            buffers.add(part, dx, up.inputs());
        }
    }
}

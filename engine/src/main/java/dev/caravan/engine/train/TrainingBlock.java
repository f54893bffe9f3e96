package dev.caravan.engine.train;

import dev.caravan.engine.layer.DecoderBlock;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.lora.LoraAdapter;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One decoder layer of any family in training, with the adapters of its linear layers. What inference computes with a KV
 * cache for a few tokens is computed here for whole sequences at once, in float32 throughout. Immutable; what changes
 * lies in {@link TrainingBuffers} and {@link BlockActivations}.
 */
final class TrainingBlock {

    private final DecoderBlock block;
    private final TrainingAttention attention;
    private final TrainingMlp mlp;
    private final boolean isAdaptedBelow;
    private final int hidden;

    /** @param isAdaptedBelow whether a layer below has an adapter, so that the gradient must go on */
    TrainingBlock(DecoderBlock block, int layer, LoraAdapter adapter, boolean isAdaptedBelow) {
        this.block = block;
        this.isAdaptedBelow = isAdaptedBelow;
        this.hidden = block.inputNorm().weight().length;
        Map<Projection, AdaptedLinear> layers = new EnumMap<>(Projection.class);
        for (Projection projection : Projection.values()) {
            layers.put(projection, AdaptedLinear.of(block.projection(projection), projection, layer, adapter));
        }
        this.attention = new TrainingAttention(block.attention(), block.rotary(), layers);
        this.mlp = new TrainingMlp(block.mlp(), layers);
    }

    /**
     * The layer's forward pass.
     *
     * @param input the residual stream, {@code [T, H]}
     * @param kept receives what the backward pass needs
     * @param output receives the residual stream, may be the array of {@code input}; null if only that is wanted
     */
    void forward(TrainingBuffers buffers, float[] input, BlockActivations kept, float @Nullable [] output) {
        buffers.norm(block.inputNorm(), input, buffers.normed);
        RmsNorm attentionNorm = block.attentionOutputNorm();
        attention.forward(buffers, kept, attentionNorm == null ? kept.middle : kept.attentionOutput);
        addOutput(buffers, attentionNorm, kept.attentionOutput, input, kept.middle);
        buffers.norm(block.mlpNorm(), kept.middle, buffers.normed);
        RmsNorm mlpNorm = block.mlpOutputNorm();
        mlp.forward(buffers, kept, mlpNorm == null ? output : kept.mlpOutput);
        if (output != null) {
            addOutput(buffers, mlpNorm, kept.mlpOutput, kept.middle, output);
        }
    }

    /** {@code y = residual + [norm](projected)}; without a norm what was projected stands in y already. */
    private void addOutput(
            TrainingBuffers buffers, @Nullable RmsNorm norm, float[] projected, float[] residual, float[] y) {
        if (norm == null) {
            buffers.add(residual, y, hidden);
        } else {
            buffers.norm(norm, projected, buffers.normed);
            buffers.sum(residual, buffers.normed, y, hidden);
        }
    }

    /**
     * The layer's backward pass: turns the gradient of its output, in the buffers, into that of its input, as far down as
     * there are adapters, and adds to theirs.
     *
     * @param input as in the forward pass
     * @param kept as the forward pass left it; not usable afterwards
     */
    void backward(TrainingBuffers buffers, LoraGradients gradients, float[] input, BlockActivations kept) {
        boolean needsMiddle = isAdaptedBelow || attention.isAdapted();
        buffers.norm(block.mlpNorm(), kept.middle, buffers.normed);
        float[] mlpGradient = outputGradient(buffers, block.mlpOutputNorm(), kept.mlpOutput);
        mlp.backward(buffers, gradients, kept, mlpGradient, needsMiddle);
        if (!needsMiddle) {
            return;
        }
        buffers.addNormGradient(block.mlpNorm(), kept.middle, buffers.normedGradient, buffers.hiddenGradient);
        buffers.norm(block.inputNorm(), input, buffers.normed);
        float[] attentionGradient = outputGradient(buffers, block.attentionOutputNorm(), kept.attentionOutput);
        attention.backward(buffers, gradients, kept, attentionGradient, isAdaptedBelow);
        if (isAdaptedBelow) {
            buffers.addNormGradient(block.inputNorm(), input, buffers.normedGradient, buffers.hiddenGradient);
        }
    }

    /** The gradient of what attention or the MLP gave before it was normed, if it was, and added. */
    private static float[] outputGradient(TrainingBuffers buffers, @Nullable RmsNorm norm, float[] projected) {
        if (norm == null) {
            return buffers.hiddenGradient;
        }
        buffers.normGradient(norm, projected, buffers.hiddenGradient, buffers.normedGradient);
        return buffers.normedGradient;
    }
}

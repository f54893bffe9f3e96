package dev.caravan.engine.train;

import dev.caravan.engine.OutOfMemoryBudgetException;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.tensor.Tensor;

/**
 * How a training pass uses memory: of how many layers it keeps the activations; the others run their forward pass again
 * in the backward pass (Chen et al. 2016, "Training deep nets with sublinear memory cost"). The result is the same bits.
 * The base's weights and the Java machine itself do not count.
 *
 * @param trainedLayers the layers that the gradient flows through
 * @param keptLayers of these, whose activations are kept, from 1 on
 * @param activationBytes the activations of the kept layers, and the inputs of all
 * @param bufferBytes what all layers work on, and a chunk of logits
 * @param kernelBytes what the kernels borrow for the largest matrix products
 * @param parameterBytes the adapter
 * @param gradientBytes its gradients
 * @param optimizerBytes AdamW's two moments
 */
public record TrainingPlan(
        int trainedLayers,
        int keptLayers,
        long activationBytes,
        long bufferBytes,
        long kernelBytes,
        long parameterBytes,
        long gradientBytes,
        long optimizerBytes) {

    public TrainingPlan {
        if (keptLayers < 1 || keptLayers > trainedLayers) {
            throw new IllegalArgumentException(
                    "activations of %d layers cannot be kept, of 1 to %d can".formatted(keptLayers, trainedLayers));
        }
    }

    /**
     * The fastest plan that fits.
     *
     * @param config what gets adapters
     * @param maxTokens the most tokens of a batch
     * @param memoryBudgetBytes what may be used beside the weights
     * @throws IllegalArgumentException if no layer of the model has an adapter
     * @throws OutOfMemoryBudgetException if not even one layer's activations fit
     */
    public static TrainingPlan of(Decoder decoder, LoraConfig config, int maxTokens, long memoryBudgetBytes) {
        TrainingPlan smallest = keeping(decoder, config, maxTokens, 1);
        if (smallest.totalBytes() > memoryBudgetBytes) {
            throw new OutOfMemoryBudgetException(
                    "Training with %d tokens in a batch".formatted(maxTokens),
                    smallest.totalBytes(),
                    memoryBudgetBytes);
        }
        long layerBytes = BlockActivations.bytes(TrainingSizes.of(decoder, config, maxTokens));
        long more = (memoryBudgetBytes - smallest.totalBytes()) / layerBytes;
        return keeping(decoder, config, maxTokens, (int) Math.min(smallest.trainedLayers, 1 + more));
    }

    /** The least that a training with such batches needs beside the weights: everything recomputed. */
    public static long leastBytes(Decoder decoder, LoraConfig config, int maxTokens) {
        return keeping(decoder, config, maxTokens, 1).totalBytes();
    }

    /** The plan that keeps the activations of so many layers. */
    static TrainingPlan keeping(Decoder decoder, LoraConfig config, int maxTokens, int keptLayers) {
        TrainingSizes sizes = TrainingSizes.of(decoder, config, maxTokens);
        long stateBytes = (long) Float.BYTES * maxTokens * sizes.hidden() * (sizes.trainedLayers() + 1);
        long parameterBytes = Float.BYTES * parameters(decoder, config);
        return new TrainingPlan(
                sizes.trainedLayers(),
                keptLayers,
                keptLayers * BlockActivations.bytes(sizes) + stateBytes,
                TrainingBuffers.bytes(sizes, decoder.rotaryEmbeddings()) + OutputLoss.bytes(sizes),
                kernelBytes(sizes),
                parameterBytes,
                parameterBytes,
                2 * parameterBytes);
    }

    private static long parameters(Decoder decoder, LoraConfig config) {
        long parameters = 0;
        for (int layer = 0; layer < decoder.blocks().size(); layer++) {
            for (Projection projection : Projection.values()) {
                String module = projection.module(layer);
                if (config.targets(module)) {
                    Tensor weight =
                            decoder.blocks().get(layer).projection(projection).weight();
                    parameters += (long) config.rank(module) * (weight.rows() + weight.columns());
                }
            }
        }
        return parameters;
    }

    /** The widest inputs of a product, put in another order for it. */
    private static long kernelBytes(TrainingSizes sizes) {
        long widest = Math.max(sizes.feedForward(), Math.max(sizes.query(), sizes.hidden()));
        return Float.BYTES * widest * sizes.maxTokens();
    }

    /** All together. */
    public long totalBytes() {
        return activationBytes + bufferBytes + kernelBytes + parameterBytes + gradientBytes + optimizerBytes;
    }
}

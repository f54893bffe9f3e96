package dev.caravan.engine.train;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.RowTasks;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Loss and gradients of an adapter on a frozen decoder of any family, in float32 from the embeddings to the logits. The
 * weights are those that serve requests, of whatever type, and are only read. The buffers are allocated once. For one
 * thread at a time; the work itself runs on all of the kernels' workers.
 *
 * <p>The gradient is exact: through attention, over whole sequences, down to the lowest adapter. The same batch, adapter,
 * seed and kernels give the same bits, whatever the plan.
 */
public final class TrainingPass {

    private final Decoder decoder;
    private final LoraAdapter adapter;
    private final double dropout;
    private final int firstAdapted;
    private final int maxTokens;
    private final TrainingBuffers buffers;
    private final List<TrainingBlock> blocks = new ArrayList<>();
    /** The input of each layer from the first adapted one on, and the last one's output, [T, H]. */
    private final List<float[]> states = new ArrayList<>();
    /** The last ones belong to a layer each; the first serves all layers below. */
    private final List<BlockActivations> activations = new ArrayList<>();

    private final OutputLoss output;

    /**
     * A pass for batches up to a size.
     *
     * @param adapter its arrays are read anew in every pass
     * @param maxTokens the most tokens of a batch
     * @param plan made for the same decoder, adapter and size
     * @throws IllegalArgumentException if the adapter is not one of this decoder
     */
    public TrainingPass(Decoder decoder, Kernels kernels, LoraAdapter adapter, int maxTokens, TrainingPlan plan) {
        TrainingSizes sizes = TrainingSizes.of(
                decoder,
                module -> adapter.module(module).map(LoraModule::r).orElse(0),
                adapter.config().loraDropout() > 0,
                maxTokens);
        this.decoder = decoder;
        this.adapter = adapter;
        this.dropout = adapter.config().loraDropout();
        this.firstAdapted = sizes.firstAdapted();
        this.maxTokens = maxTokens;
        this.buffers = new TrainingBuffers(kernels, sizes, decoder.rotaryEmbeddings());
        this.output = new OutputLoss(decoder, sizes);
        for (int layer = 0; layer < sizes.layers(); layer++) {
            blocks.add(new TrainingBlock(decoder.blocks().get(layer), layer, adapter, layer > firstAdapted));
        }
        for (int i = 0; i <= sizes.trainedLayers(); i++) {
            states.add(new float[sizes.floats(true, sizes.hidden())]);
        }
        for (int i = 0; i < Math.min(plan.keptLayers(), sizes.trainedLayers()); i++) {
            activations.add(new BlockActivations(sizes));
        }
    }

    /** The adapter that losses and gradients are of. */
    public LoraAdapter adapter() {
        return adapter;
    }

    /**
     * The sum of {@code -log p} over the learned tokens, without dropout.
     *
     * @param cancelled asked between layers
     * @throws CancellationException if it was cancelled
     */
    public double loss(PackedBatch batch, BooleanSupplier cancelled) {
        begin(batch, Dropout.NONE);
        float[] state = states.getFirst();
        for (TrainingBlock block : blocks) {
            requireNotCancelled(cancelled);
            block.forward(buffers, state, activations.getFirst(), state);
        }
        return output.loss(buffers, state, batch, cancelled);
    }

    /**
     * The sum of {@code -log p} over the learned tokens.
     *
     * @param scale what this sum is multiplied by before its gradient is taken, mostly one over the number of learned
     *     tokens of a step
     * @param dropoutSeed another one for every batch
     * @param gradients of the same adapter; this batch's are added
     * @param cancelled asked between layers
     * @throws CancellationException if it was cancelled; the gradients are then undefined
     */
    public double lossAndGradients(
            PackedBatch batch, float scale, long dropoutSeed, LoraGradients gradients, BooleanSupplier cancelled) {
        begin(batch, dropout == 0 ? Dropout.NONE : new Dropout(dropout, dropoutSeed));
        for (int layer = 0; layer < blocks.size(); layer++) {
            requireNotCancelled(cancelled);
            blocks.get(layer).forward(buffers, input(layer), activations(layer), input(layer + 1));
        }
        double loss = output.lossAndGradient(buffers, states.getLast(), batch, scale, cancelled);
        int recomputed = blocks.size() - activations.size();
        for (int layer = blocks.size() - 1; layer >= firstAdapted; layer--) {
            requireNotCancelled(cancelled);
            if (layer < recomputed) {
                blocks.get(layer).forward(buffers, input(layer), activations(layer), null);
            }
            blocks.get(layer).backward(buffers, gradients, input(layer), activations(layer));
        }
        return loss;
    }

    /** The residual stream before a layer; the layers below the first adapted one share an array. */
    private float[] input(int layer) {
        return states.get(Math.max(0, layer - firstAdapted));
    }

    /** The highest of the layers that share the first instance finds it in the backward pass as it left it. */
    private BlockActivations activations(int layer) {
        return activations.get(Math.max(0, layer - (blocks.size() - activations.size())));
    }

    private void begin(PackedBatch batch, Dropout masks) {
        int tokens = batch.tokens().length;
        if (tokens > maxTokens) {
            throw new IllegalArgumentException("a batch of %d tokens, up to %d fit".formatted(tokens, maxTokens));
        }
        for (int token : batch.tokens()) {
            if (token < 0 || token >= decoder.config().vocabSize()) {
                throw new IllegalArgumentException("token %d is not in the vocabulary of %d"
                        .formatted(token, decoder.config().vocabSize()));
            }
        }
        buffers.begin(batch, masks);
        float[] embeddings = states.getFirst();
        int hidden = decoder.config().hiddenSize();
        RowTasks.run(buffers.kernels, tokens, (first, end) -> {
            for (int t = first; t < end; t++) {
                decoder.embed(buffers.kernels, batch.tokens()[t], embeddings, t * hidden);
            }
        });
    }

    private static void requireNotCancelled(BooleanSupplier cancelled) {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("the training pass was cancelled");
        }
    }
}

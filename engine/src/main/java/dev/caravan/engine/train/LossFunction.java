package dev.caravan.engine.train;

import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What the trainer makes small: a sum of losses over batches, which depends on tensors that it may change. */
interface LossFunction {

    /** The tensors that are trained, always in the same order. */
    List<TrainableTensor> tensors();

    /** What the result depends on besides data and settings, such as the base model's hash; by name. */
    Map<String, String> identity();

    /**
     * The sum of {@code -log p} over the batch's learned tokens, without dropout.
     *
     * @throws java.util.concurrent.CancellationException if {@code isCancelled} said so
     */
    double loss(PackedBatch batch, BooleanSupplier isCancelled);

    /**
     * The sum of {@code -log p} over the batch's learned tokens; adds {@code scale} times its gradients to those of the
     * tensors.
     *
     * @param dropoutSeed decides alone what dropout drops
     * @throws java.util.concurrent.CancellationException if {@code isCancelled} said so; the gradients are then undefined
     */
    double lossAndGradients(PackedBatch batch, float scale, long dropoutSeed, BooleanSupplier isCancelled);
}

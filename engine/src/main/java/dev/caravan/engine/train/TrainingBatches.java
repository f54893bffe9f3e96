package dev.caravan.engine.train;

import dev.caravan.engine.train.dataset.Dataset;
import java.util.List;

/**
 * The data of a training.
 *
 * @param training what is learned; at least one step
 * @param heldOut what the loss is watched on, all steps of it each time; may have none
 */
public record TrainingBatches(BatchSource training, BatchSource heldOut) {

    public TrainingBatches {
        if (training.steps() < 1) {
            throw new IllegalArgumentException("there is nothing to train on");
        }
    }

    /** A dataset's, packed. */
    public static TrainingBatches of(Dataset dataset, TrainingConfig config) {
        return new TrainingBatches(DatasetBatches.training(dataset, config), DatasetBatches.heldOut(dataset, config));
    }

    /** Without a held-out part. */
    public static TrainingBatches of(BatchSource training) {
        return new TrainingBatches(training, BatchSource.of(List.of()));
    }
}

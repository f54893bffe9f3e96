package dev.caravan.engine.train;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * Trains an adapter: step after step over the data, with held-out losses, checkpoints and an end by itself when the
 * held-out loss gets no better. The order of everything follows from the settings' seed and the step's number, so that a
 * training that is resumed ends with the bits of one that was never interrupted.
 *
 * <p>The loss of a step is the mean over the learned tokens of all its batches (transformers' {@code
 * num_items_in_batch}): each token counts alike, in whichever batch it stands. A training stops with {@link
 * TrainingFailedException} where a loss or a gradient is no number, and where five losses in a row are more than three
 * above the first one (a perplexity twenty times as high): the model has fallen apart then, and no checkpoint is made of
 * it. For one thread; the adapter must not be used meanwhile.
 */
public final class Trainer {
    private final LossFunction loss;
    private final TrainingBatches batches;
    private final TrainingConfig config;
    private final Path checkpoints;
    private final TrainingListener listener;

    /**
     * A training of the pass's adapter.
     *
     * @param pass for batches as large as the data's
     * @param checkpoints their folder; it is made where there is none
     */
    public Trainer(
            TrainingPass pass,
            TrainingBatches batches,
            TrainingConfig config,
            Path checkpoints,
            TrainingListener listener) {
        this(new AdapterLoss(pass), batches, config, checkpoints, listener);
    }

    Trainer(
            LossFunction loss,
            TrainingBatches batches,
            TrainingConfig config,
            Path checkpoints,
            TrainingListener listener) {
        this.loss = loss;
        this.batches = batches;
        this.config = config;
        this.checkpoints = checkpoints;
        this.listener = listener;
    }

    /**
     * Trains from the beginning.
     *
     * @param isCancelled asked many times in each step; a step that it ends leaves nothing behind
     * @throws IllegalStateException if the folder holds checkpoints or has no room for them, or another training has it
     * @throws TrainingFailedException if numbers go out of hand, or a checkpoint cannot be written
     */
    public TrainingResult train(BooleanSupplier isCancelled) {
        try (CheckpointFolder folder = CheckpointFolder.open(checkpoints)) {
            if (!folder.steps().isEmpty()) {
                throw new IllegalStateException(
                        "%s holds checkpoints of another training; resume that one, or choose an empty folder"
                                .formatted(checkpoints));
            }
            return run(folder).run(isCancelled);
        }
    }

    /**
     * Goes on from the last sound checkpoint, or begins where there is none yet. The adapter gets the checkpoint's values.
     *
     * @param isCancelled as for {@link #train}
     * @throws IllegalArgumentException if the checkpoint was made with other data, another base or other settings
     * @throws IllegalStateException if another training has the folder, or it has no room
     * @throws TrainingFailedException if numbers go out of hand, or a checkpoint cannot be written
     */
    public TrainingResult resume(BooleanSupplier isCancelled) {
        try (CheckpointFolder folder = CheckpointFolder.open(checkpoints)) {
            TrainingRun run = run(folder);
            folder.last().ifPresent(checkpoint -> {
                try (checkpoint) {
                    run.restore(checkpoint);
                }
            });
            return run.run(isCancelled);
        }
    }

    private TrainingRun run(CheckpointFolder folder) {
        return new TrainingRun(loss, batches, config, folder, listener);
    }
}

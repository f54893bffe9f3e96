package dev.caravan.engine.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a training ended. Its adapter is the one that the trainer was given.
 *
 * @param adapterStep the step after which the adapter was as it is now: the last one, or the best one where that was
 *     asked for
 * @param steps all steps, those before the training was resumed too
 * @param evaluations all held-out losses
 * @param lastCheckpoint null if there is none
 * @param bestCheckpoint the checkpoint of the best held-out loss; null if there is none
 */
public record TrainingResult(
        End end,
        int adapterStep,
        List<TrainingStep> steps,
        List<TrainingEvaluation> evaluations,
        @Nullable Path lastCheckpoint,
        @Nullable Path bestCheckpoint) {

    /** Why a training ended. */
    public enum End {
        /** All steps were made. */
        COMPLETED,
        /** The held-out loss found no new best for too long. */
        STOPPED_EARLY,
        /** Somebody cancelled it; it can be resumed. */
        CANCELLED
    }

    public TrainingResult {
        steps = List.copyOf(steps);
        evaluations = List.copyOf(evaluations);
    }

    /** The best held-out loss, empty if nothing was held out. */
    public Optional<TrainingEvaluation> best() {
        return evaluations.stream().filter(TrainingEvaluation::isBest).reduce((earlier, later) -> later);
    }

    /** The mean of the steps' losses, NaN before the first step; transformers' {@code training_loss}. */
    public double trainingLoss() {
        return steps.stream().mapToDouble(TrainingStep::loss).average().orElse(Double.NaN);
    }
}

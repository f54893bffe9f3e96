package dev.caravan.engine.train;

import java.nio.file.Path;

/**
 * Hears of a training, on the training's own thread, which waits meanwhile. After a {@code kill} the steps since the last
 * checkpoint are made and told again.
 */
public interface TrainingListener {

    /** Hears nothing. */
    TrainingListener NONE = new TrainingListener() {};

    /** After each step. */
    default void onStep(TrainingStep step) {}

    /** After each held-out loss. */
    default void onEvaluation(TrainingEvaluation evaluation) {}

    /**
     * After each checkpoint.
     *
     * @param step that it was made after
     * @param file is whole and on the disk; later ones replace it, see {@link TrainingCheckpoint}
     */
    default void onCheckpoint(int step, Path file) {}

    /** At the end, but for failures, which are thrown. */
    default void onEnd(TrainingResult result) {}
}

package dev.caravan.engine.train;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A training stopped for a reason of its own: its numbers went out of hand, or its checkpoints cannot be written. */
public final class TrainingFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int step;
    private final @Nullable String lastCheckpoint;

    /**
     * @param step that failed, from 1
     * @param lastCheckpoint the last one from before things went wrong, or null
     * @param problem what happened and what to do, without the checkpoint
     */
    TrainingFailedException(int step, @Nullable Path lastCheckpoint, String problem) {
        super(problem
                + (lastCheckpoint == null
                        ? "; there is no checkpoint from before"
                        : "; the last good checkpoint is " + lastCheckpoint));
        this.step = step;
        this.lastCheckpoint = lastCheckpoint == null ? null : lastCheckpoint.toString();
    }

    public int step() {
        return step;
    }

    public Optional<Path> lastCheckpoint() {
        return Optional.ofNullable(lastCheckpoint).map(Path::of);
    }
}

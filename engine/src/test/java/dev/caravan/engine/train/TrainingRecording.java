package dev.caravan.engine.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Keeps all that a training tells. */
class TrainingRecording implements TrainingListener {
    final List<TrainingStep> steps = new ArrayList<>();
    final List<TrainingEvaluation> evaluations = new ArrayList<>();
    final List<Integer> checkpoints = new ArrayList<>();
    final List<TrainingResult> ends = new ArrayList<>();

    @Override
    public void onStep(TrainingStep step) {
        steps.add(step);
    }

    @Override
    public void onEvaluation(TrainingEvaluation evaluation) {
        evaluations.add(evaluation);
    }

    @Override
    public void onCheckpoint(int step, Path file) {
        checkpoints.add(step);
    }

    @Override
    public void onEnd(TrainingResult result) {
        ends.add(result);
    }
}

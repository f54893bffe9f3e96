package dev.caravan.engine.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a training has done so far. All decisions about its course (the best checkpoint, an early stop, a loss out of
 * hand) follow from this alone, so that a resumed training decides alike. For one thread.
 */
final class TrainingHistory {

    /**
     * Losses are logarithms: three more are a perplexity twenty times as high, which no batch that is merely hard has
     * after steps on its like. A model that has fallen apart stays there.
     */
    static final double EXPLODED_BY = 3;

    /** One step above may be an outlier. */
    static final int EXPLODED_STEPS = 5;

    private final List<TrainingStep> steps = new ArrayList<>();
    private final List<TrainingEvaluation> evaluations = new ArrayList<>();

    void add(TrainingStep step) {
        if (step.step() != step() + 1) {
            throw new IllegalStateException("step %d after step %d".formatted(step.step(), step()));
        }
        steps.add(step);
    }

    void add(TrainingEvaluation evaluation) {
        evaluations.add(evaluation);
    }

    /** The number of steps made. */
    int step() {
        return steps.size();
    }

    List<TrainingStep> steps() {
        return steps;
    }

    List<TrainingEvaluation> evaluations() {
        return evaluations;
    }

    /** The step after which the held-out loss was last taken; 0 if it never was. */
    int evaluatedStep() {
        return evaluations.isEmpty() ? 0 : evaluations.getLast().step();
    }

    Optional<TrainingEvaluation> best() {
        return evaluations.stream().filter(TrainingEvaluation::isBest).reduce((earlier, later) -> later);
    }

    /** Whether a loss is below all before, as in transformers' {@code EarlyStoppingCallback} without a threshold. */
    boolean isNewBest(double loss) {
        return best().map(best -> loss < best.loss()).orElse(true);
    }

    /** @param patience how many held-out losses in a row may fail to be the best; 0 for any number */
    boolean isOutOfPatience(int patience) {
        int since = 0;
        for (TrainingEvaluation evaluation : evaluations) {
            since = evaluation.isBest() ? 0 : since + 1;
        }
        return patience > 0 && since >= patience;
    }

    /** The loss that counts as out of hand. */
    double explosionLimit() {
        return steps.isEmpty() ? Double.POSITIVE_INFINITY : steps.getFirst().loss() + EXPLODED_BY;
    }

    /** How many of the last steps in a row have a loss that is out of hand. */
    int stepsAboveLimit() {
        int count = 0;
        while (count < steps.size() && steps.get(steps.size() - 1 - count).loss() > explosionLimit()) {
            count++;
        }
        return count;
    }
}

package dev.caravan.server.finetuning;

import dev.caravan.engine.train.TrainingEvaluation;
import dev.caravan.engine.train.TrainingListener;
import dev.caravan.engine.train.TrainingStep;
import java.util.Locale;

/** Shows a training's steps as they happen. For one thread. */
final class TrainProgress implements TrainingListener {
    /** How much of the speed so far is kept at each step: it should be steady and yet follow. */
    private static final double KEPT = 0.8;

    private final ProgressDisplay display;
    private double heldOutLoss = Double.NaN;
    private double secondsPerStep;
    private double tokensPerSecond;

    TrainProgress(CommandContext context, int steps) {
        this.display = new ProgressDisplay(context.result(), context.isTerminal(), steps);
    }

    @Override
    public void onStep(TrainingStep step) {
        boolean isFirst = secondsPerStep == 0;
        secondsPerStep = isFirst ? step.seconds() : KEPT * secondsPerStep + (1 - KEPT) * step.seconds();
        tokensPerSecond =
                isFirst ? step.tokensPerSecond() : KEPT * tokensPerSecond + (1 - KEPT) * step.tokensPerSecond();
        display.step(
                new ProgressDisplay.State(
                        step.step(),
                        step.epoch(),
                        step.loss(),
                        heldOutLoss,
                        tokensPerSecond,
                        secondsPerStep * step.remainingSteps()),
                System.nanoTime());
    }

    @Override
    public void onEvaluation(TrainingEvaluation evaluation) {
        heldOutLoss = evaluation.loss();
        display.note(String.format(
                Locale.ROOT,
                "held-out loss %.3f after step %,d%s",
                evaluation.loss(),
                evaluation.step(),
                evaluation.isBest() ? ", the best so far" : ""));
    }

    /** The last line is done. */
    void close() {
        display.close();
    }
}

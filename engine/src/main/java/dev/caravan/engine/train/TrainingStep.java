package dev.caravan.engine.train;

/**
 * One step of the optimiser.
 *
 * @param step from 1
 * @param steps of the whole training
 * @param epoch how often the data have been seen, with this step
 * @param loss mean of {@code -log p} over the step's learned tokens, before the step
 * @param gradientNorm before clipping
 * @param tokens of the step's batches
 * @param learnedTokens those of them that are targets
 * @param seconds that the step took; 0 if it was made before the training was resumed
 * @param peakMemoryBytes the most memory that the process has had; 0 if the step was made before the training was resumed
 */
public record TrainingStep(
        int step,
        int steps,
        double epoch,
        double loss,
        double gradientNorm,
        double learningRate,
        int tokens,
        int learnedTokens,
        double seconds,
        long peakMemoryBytes) {

    public int remainingSteps() {
        return steps - step;
    }

    /** 0 if the time is not known. */
    public double tokensPerSecond() {
        return seconds == 0 ? 0 : tokens / seconds;
    }
}

package dev.caravan.engine.train;

/**
 * A held-out loss.
 *
 * @param step after which it was taken
 * @param epoch how often the training data had been seen
 * @param loss mean of {@code -log p} over all held-out learned tokens, without dropout
 * @param isBest whether it was below all before
 */
public record TrainingEvaluation(int step, double epoch, double loss, boolean isBest) {}

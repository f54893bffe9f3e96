package dev.caravan.engine.train.dataset;

import java.util.BitSet;

/**
 * One sequence to learn from. The logits at position t predict token t + 1, so that token t is a target exactly if
 * {@code learned.get(t)}; the first token never is. Neither component may be written to.
 *
 * @param tokens the ids, with the beginning-of-sequence token where the model wants one
 * @param learned the tokens whose prediction is learned: answers and the tokens that end them
 */
@SuppressWarnings("ArrayRecordComponent") // handed over when made, never written
public record TrainingExample(int[] tokens, BitSet learned) {

    public TrainingExample {
        if (tokens.length == 0) {
            throw new IllegalArgumentException("a training example needs at least one token");
        }
        if (learned.length() > tokens.length) {
            throw new IllegalArgumentException(
                    "token %d is marked as learned, but there are %d".formatted(learned.length() - 1, tokens.length));
        }
        if (learned.get(0)) {
            throw new IllegalArgumentException("the first token cannot be learned: no token stands before it");
        }
    }

    /** The number of tokens that are learned. */
    public int learnedTokens() {
        return learned.cardinality();
    }
}

package dev.caravan.engine.generate;

import java.util.Arrays;

/**
 * Guesses an answer's next tokens from its own prompt and text: where its last tokens stood before, what followed then
 * may follow again (prompt lookup decoding: Saxena 2023; Yang et al. 2023, "Inference with reference"). Guesses may go
 * through the next pass beside the token that is due; the answer draws as ever, and a guess counts as long as it is what
 * was drawn. Every guess is compared with what was drawn, also those that were not fed: so it is known for nothing how
 * often guesses are right, and they are fed only while that promises more tokens in the same time ({@link PassCosts}).
 * For one answer and the scheduler's thread.
 */
final class PromptLookup {

    /** More are seldom all right. */
    static final int MAX_DRAFT = 4;

    private static final int LONGEST_MATCH = 3;
    private static final int SHORTEST_MATCH = 2;
    /** How fast the share of right guesses follows the last ones. */
    private static final double FOLLOWING = 0.3;

    private static final int[] NOTHING = new int[0];

    private int[] guess = NOTHING;
    /** How many tokens of the guess were drawn so far. */
    private int compared;

    private double rightShare = 0.5;

    /**
     * Guesses the tokens after those that the sequence has. Prefers the longest match and then the latest.
     *
     * @param most the longest guess that is of use
     * @return the guesses that are worth feeding, possibly none
     */
    int[] draft(Sequence sequence, int most, PassCosts costs) {
        compared = 0;
        guess = NOTHING;
        for (int match = LONGEST_MATCH; match >= SHORTEST_MATCH && guess.length == 0; match--) {
            int follower = followerOfLast(sequence, match);
            if (follower > 0) {
                int end = Math.min(follower + Math.min(most, MAX_DRAFT), sequence.length);
                guess = Arrays.copyOfRange(sequence.tokens, follower, end);
            }
        }
        return Arrays.copyOf(guess, worthFeeding(costs));
    }

    /** The place after the latest earlier occurrence of the last {@code match} tokens, or 0. */
    private static int followerOfLast(Sequence sequence, int match) {
        int[] tokens = sequence.tokens;
        int last = sequence.length - match;
        for (int start = last - 1; start >= 0; start--) {
            if (tokens[start] == tokens[last]
                    && Arrays.equals(tokens, start, start + match, tokens, last, last + match)) {
                return start + match;
            }
        }
        return 0;
    }

    /** The number of guesses with the most tokens to be expected for the time of a pass without any. */
    private int worthFeeding(PassCosts costs) {
        int best = 0;
        double bestGain = 1;
        double expectedTokens = 1;
        double allRight = 1;
        for (int count = 1; count <= guess.length; count++) {
            allRight *= rightShare;
            expectedTokens += allRight;
            double gain = expectedTokens / costs.relative(count);
            if (gain > bestGain) {
                bestGain = gain;
                best = count;
            }
        }
        return best;
    }

    /** Compares what was drawn with what was guessed for this place. */
    void drawn(int token) {
        if (compared < guess.length) {
            boolean isRight = guess[compared] == token;
            rightShare += FOLLOWING * ((isRight ? 1 : 0) - rightShare);
            compared = isRight ? compared + 1 : guess.length;
        }
    }
}

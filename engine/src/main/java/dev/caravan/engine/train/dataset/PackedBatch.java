package dev.caravan.engine.train.dataset;

import java.util.BitSet;
import java.util.List;

/**
 * Sequences laid one after another in one row of tokens, without padding. Attention is block-diagonal: a token sees only
 * its own sequence. No component may be written to.
 *
 * @param tokens {@code [tokens]}, the ids of all sequences
 * @param positions {@code [tokens]}, the place of each token in its own sequence, from 0
 * @param starts {@code [sequences]}, where each sequence begins in {@code tokens}, rising from 0
 * @param learned the tokens that are targets; the first token of a sequence never is
 */
@SuppressWarnings("ArrayRecordComponent") // handed over when made, never written
public record PackedBatch(int[] tokens, int[] positions, int[] starts, BitSet learned) {

    public PackedBatch {
        if (positions.length != tokens.length || learned.length() > tokens.length) {
            throw new IllegalArgumentException("%d tokens need as many positions, got %d; the last learned token is %d"
                    .formatted(tokens.length, positions.length, learned.length() - 1));
        }
        if (starts.length == 0 || starts[0] != 0) {
            throw new IllegalArgumentException("the first sequence should begin at 0");
        }
        for (int i = 0; i < starts.length; i++) {
            int end = i + 1 < starts.length ? starts[i + 1] : tokens.length;
            if (starts[i] >= end || learned.get(starts[i])) {
                throw new IllegalArgumentException(
                        "sequence %d of %d at %d is empty, or its first token is marked as learned"
                                .formatted(i, starts.length, starts[i]));
            }
        }
    }

    /** The examples in their order. */
    public static PackedBatch of(List<TrainingExample> examples) {
        int total =
                examples.stream().mapToInt(example -> example.tokens().length).sum();
        int[] tokens = new int[total];
        int[] positions = new int[total];
        int[] starts = new int[examples.size()];
        BitSet learned = new BitSet(total);
        int at = 0;
        for (int i = 0; i < starts.length; i++) {
            TrainingExample example = examples.get(i);
            int start = at;
            starts[i] = start;
            System.arraycopy(example.tokens(), 0, tokens, start, example.tokens().length);
            example.learned().stream().forEach(token -> learned.set(start + token));
            while (at < start + example.tokens().length) {
                positions[at] = at - start;
                at++;
            }
        }
        return new PackedBatch(tokens, positions, starts, learned);
    }

    /** The number of sequences. */
    public int sequences() {
        return starts.length;
    }

    /** Where a sequence ends in {@code tokens}, exclusive. */
    public int end(int sequence) {
        return sequence + 1 < starts.length ? starts[sequence + 1] : tokens.length;
    }

    /** The number of tokens that are learned. */
    public int learnedTokens() {
        return learned.cardinality();
    }
}

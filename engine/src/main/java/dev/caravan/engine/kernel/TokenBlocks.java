package dev.caravan.engine.kernel;

import java.util.Arrays;

/** The tokens of packed sequences in blocks of a fixed size, of which the last of each sequence may be shorter. */
final class TokenBlocks {
    private final PackedAttention attention;
    private final int size;
    /** The number of the first block of each sequence. */
    private final int[] firstOfSequence;

    private final int[] sequences;

    TokenBlocks(PackedAttention attention, int size) {
        this.attention = attention;
        this.size = size;
        this.firstOfSequence = new int[attention.sequences()];
        int count = 0;
        for (int s = 0; s < attention.sequences(); s++) {
            firstOfSequence[s] = count;
            count += (attention.length(s) + size - 1) / size;
        }
        this.sequences = new int[count];
        for (int s = 0; s < attention.sequences(); s++) {
            int end = s + 1 < attention.sequences() ? firstOfSequence[s + 1] : count;
            Arrays.fill(sequences, firstOfSequence[s], end, s);
        }
    }

    int count() {
        return sequences.length;
    }

    int sequence(int block) {
        return sequences[block];
    }

    /** The block's first token, counted within its sequence. */
    int first(int block) {
        return (block - firstOfSequence[sequences[block]]) * size;
    }

    /** The tokens of a block. */
    int tokens(int block) {
        return Math.min(size, attention.length(sequences[block]) - first(block));
    }

    /** The row of a block's first token. */
    int row(int block) {
        return attention.start(sequences[block]) + first(block);
    }

    /** The block that holds a token of a sequence. */
    int of(int sequence, int token) {
        return firstOfSequence[sequence] + token / size;
    }
}

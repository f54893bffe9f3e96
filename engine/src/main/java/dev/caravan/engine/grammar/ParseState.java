package dev.caravan.engine.grammar;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All the places of a network where a text so far may stand, each a reading node with its stack. Equal when the places
 * are. The automaton that made it keeps the states that follow in {@link #next}.
 */
final class ParseState {
    /** No way is there. */
    static final int NONE = Integer.MAX_VALUE;

    /** Ways left the body after different times. */
    static final int SEVERAL = -1;

    final int[] nodes;
    final Frame[] stacks;

    /** Whether the text may end here: a stack's bottom was reached. */
    final boolean isComplete;

    /** The deepest that a stack was, with what must still be pushed on it. */
    final int depth;

    /** Where counts are free: how often at least the outermost body has been read by a way within it, or {@link #NONE}. */
    final int timesWithin;

    /** Where counts are free: how often the outermost body was read by the ways that left it; or {@link #NONE}. */
    final int timesLeft;

    /** By byte class: the state that follows, null where it is not known yet. */
    final @Nullable ParseState[] next;

    private final int hash;

    /**
     * Takes over the arrays.
     *
     * @param timesComplete where counts are free: how often the outermost body was read when the bottom was reached,
     *     {@link #NONE} or {@link #SEVERAL}
     */
    ParseState(int[] nodes, Frame[] stacks, boolean isComplete, int depth, int timesComplete, int classCount) {
        this.nodes = nodes;
        this.stacks = stacks;
        this.isComplete = isComplete;
        this.depth = depth;
        int within = NONE;
        int left = timesComplete;
        for (Frame stack : stacks) {
            Frame outermost = stack.outermost();
            if (outermost.isMark()) {
                left = merged(left, outermost.count());
            } else {
                within = Math.min(within, outermost.count());
            }
        }
        this.timesWithin = within;
        this.timesLeft = left;
        this.next = new ParseState[classCount];
        this.hash = ((Arrays.hashCode(nodes) * 31 + Arrays.hashCode(stacks)) * 31 + left) * 2 + (isComplete ? 1 : 0);
    }

    static int merged(int times, int others) {
        if (times == NONE || times == others) {
            return others;
        }
        return others == NONE ? times : SEVERAL;
    }

    /** Whether nothing can follow and nothing has ended: the text does not fit the grammar. */
    boolean isDead() {
        return nodes.length == 0 && !isComplete;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ParseState state
                && hash == state.hash
                && isComplete == state.isComplete
                && depth == state.depth
                && timesLeft == state.timesLeft
                && Arrays.equals(nodes, state.nodes)
                && Arrays.equals(stacks, state.stacks);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}

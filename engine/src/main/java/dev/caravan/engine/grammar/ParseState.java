package dev.caravan.engine.grammar;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All the places of a network where a text so far may stand, each a reading node with its stack. Equal when the places
 * are. The automaton that made it keeps the states that follow in {@link #next}.
 */
final class ParseState {
    final int[] nodes;
    final Frame[] stacks;

    /** Whether the text may end here: a stack's bottom was reached. */
    final boolean isComplete;

    /** The deepest that a stack was, with what must still be pushed on it. */
    final int depth;

    /** By byte class: the state that follows, null where it is not known yet. */
    final @Nullable ParseState[] next;

    private final int hash;

    /** Takes over the arrays. */
    ParseState(int[] nodes, Frame[] stacks, boolean isComplete, int depth, int classCount) {
        this.nodes = nodes;
        this.stacks = stacks;
        this.isComplete = isComplete;
        this.depth = depth;
        this.next = new ParseState[classCount];
        this.hash = (Arrays.hashCode(nodes) * 31 + Arrays.hashCode(stacks)) * 2 + (isComplete ? 1 : 0);
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
                && Arrays.equals(nodes, state.nodes)
                && Arrays.equals(stacks, state.stacks);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}

package dev.caravan.engine.grammar;

import org.jspecify.annotations.Nullable;

/**
 * The top of a stack of calls and counts that are under way; the rest hangs below it and is shared. Immutable; equal when
 * the whole stacks are.
 */
final class Frame {
    private static final int BOTTOM = -1;
    private static final int CALL = -1;
    private static final int MARK = -2;

    private final int node;
    private final int count;
    private final @Nullable Frame below;
    private final int depth;
    private final int hash;

    private Frame(int node, int count, @Nullable Frame below, int depth) {
        this.node = node;
        this.count = count;
        this.below = below;
        this.depth = depth;
        int hashBelow = below == null ? depth : below.hash;
        this.hash = ((hashBelow * 31) + node) * 31 + count;
    }

    /** An empty stack that counts as so many frames deep. */
    static Frame bottom(int depth) {
        return new Frame(BOTTOM, 0, null, depth);
    }

    /** This stack with a call on top that goes on at a node when it has ended. */
    Frame pushCall(int node) {
        return new Frame(node, CALL, this, depth + 1);
    }

    /** This stack with a counting node on top whose body has been read whole so many times. */
    Frame pushCount(int node, int count) {
        return new Frame(node, count, this, depth + 1);
    }

    /** This stack with a note on top that a count was left after so many times; it takes no room of the stack. */
    Frame pushMark(int times) {
        return new Frame(MARK, times, this, depth);
    }

    boolean isBottom() {
        return below == null;
    }

    boolean isCall() {
        return count == CALL;
    }

    boolean isCount() {
        return !isBottom() && !isCall() && !isMark();
    }

    boolean isMark() {
        return node == MARK;
    }

    int node() {
        return node;
    }

    int count() {
        return count;
    }

    Frame below() {
        if (below == null) {
            throw new IllegalStateException("there is nothing below the bottom of a stack");
        }
        return below;
    }

    /** The frame right above the bottom, or the bottom itself. */
    Frame outermost() {
        Frame frame = this;
        for (Frame next = below; next != null && next.below != null; next = next.below) {
            frame = next;
        }
        return frame;
    }

    int depth() {
        return depth;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof Frame frame)) {
            return false;
        }
        Frame left = this;
        Frame right = frame;
        while (left != right) {
            if (left.hash != right.hash
                    || left.node != right.node
                    || left.count != right.count
                    || left.depth != right.depth) {
                return false;
            }
            if (left.below == null || right.below == null) {
                return left.below == right.below;
            }
            left = left.below;
            right = right.below;
        }
        return true;
    }

    @Override
    public int hashCode() {
        return hash;
    }
}

package dev.caravan.engine.grammar;

/**
 * A grammar as a network of nodes that read bytes, call rules and count repetitions; what {@link GrammarCompiler} makes
 * and {@link Automaton} runs. Bytes are those of UTF-8. Immutable and thread-safe.
 *
 * @param nodes by number
 * @param heights by node: the frames that must be pushed at most to get from it to the end of its rule, or
 *     {@link #NEVER}
 * @param byteClasses by byte: bytes of one class lead everywhere to the same nodes
 * @param classCount the number of those classes
 * @param start the first node of the root rule
 */
@SuppressWarnings("ArrayRecordComponent") // made by the compiler, never written again
record Network(Node[] nodes, int[] heights, int[] byteClasses, int classCount, int start) {

    /** The height of a node from which the end of its rule cannot be reached. */
    static final int NEVER = 1 << 20;

    /** One step of a rule. */
    sealed interface Node {}

    /** Reads a byte: {@code targets[i]} follows on one from {@code first[i]} to {@code last[i]}. */
    @SuppressWarnings("ArrayRecordComponent") // made by the compiler, never written again
    record Read(int[] first, int[] last, int[] targets) implements Node {}

    /** Goes on at each of the targets; the order is their precedence. */
    @SuppressWarnings("ArrayRecordComponent") // made by the compiler, never written again
    record Split(int[] targets) implements Node {}

    /**
     * Enters a rule at its first node.
     *
     * @param target where to go on after it
     * @param isLast whether the calling rule ends there, so that nothing need be remembered
     */
    record Call(int rule, int target, boolean isLast) implements Node {}

    /**
     * Reads the body from {@code min} to {@code max} times; the count is kept on the stack.
     *
     * @param body its first node
     * @param target where to go on after the last time
     */
    record Count(int body, int min, int max, int target) implements Node {}

    /** The end of a rule or of a counted body. */
    record End(boolean isOfBody) implements Node {}
}

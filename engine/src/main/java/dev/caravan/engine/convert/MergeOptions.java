package dev.caravan.engine.convert;

import java.util.Optional;

/**
 * How an adapter is merged into a base.
 *
 * @param type what the matrices become; empty: a GGUF base stays what it is, a folder becomes BF16, and GGUF of a folder
 *     F16
 * @param requantize whether the matrices that the adapter changes become as small as the rest; otherwise they have 8 bits
 *     or more, since in 4 bits much of what was learned is rounded away
 * @param replace whether a target that is there already is replaced
 * @param threads the threads that compute, the caller's included
 */
public record MergeOptions(Optional<TargetType> type, boolean requantize, boolean replace, int threads) {

    /** What stays is kept, nothing is replaced, all processors compute. */
    public static final MergeOptions DEFAULT = new MergeOptions(
            Optional.empty(), false, false, Runtime.getRuntime().availableProcessors());

    public MergeOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
        }
    }

    public MergeOptions withType(TargetType other) {
        return new MergeOptions(Optional.of(other), requantize, replace, threads);
    }

    public MergeOptions withRequantize() {
        return new MergeOptions(type, true, replace, threads);
    }

    /** Replaces a target that is there already. */
    public MergeOptions withReplace() {
        return new MergeOptions(type, requantize, true, threads);
    }
}

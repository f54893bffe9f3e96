package dev.caravan.engine.layer;

import org.jspecify.annotations.Nullable;

/**
 * The tokens of one sequence in a pass.
 *
 * @param cache the sequence's keys and values, with room for the run's
 * @param row the row of the first token among the pass's tokens
 * @param start the position of the first token in the sequence
 * @param tokens how many there are
 * @param adapter what is added to the linear layers for these tokens, or null for the base alone
 */
public record KvRun(
        KvCache cache,
        int row,
        int start,
        int tokens,
        @Nullable BoundAdapter adapter) {

    public KvRun {
        if (tokens < 1 || start < 0 || row < 0) {
            throw new IllegalArgumentException(
                    "a run of %d tokens at position %d in row %d".formatted(tokens, start, row));
        }
        if (cache.capacityTokens() < start + tokens) {
            throw new IllegalArgumentException(
                    "%d tokens do not fit a cache of %d".formatted(start + tokens, cache.capacityTokens()));
        }
    }
}

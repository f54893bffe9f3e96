package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.retrieve.RetrievedSegment;

/**
 * A segment that was given to the model.
 *
 * @param index the [n] shown; a cited source has its citations' number, the others follow
 * @param segment the segment
 * @param cited whether a citation names it
 */
public record Source(int index, RetrievedSegment segment, boolean cited) {}

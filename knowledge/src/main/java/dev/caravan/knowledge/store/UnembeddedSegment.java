package dev.caravan.knowledge.store;

/**
 * A stored segment that an embedding model has not embedded yet.
 *
 * @param segmentId its row
 * @param searchText its heading and text, as it is embedded
 */
public record UnembeddedSegment(long segmentId, String searchText) {}

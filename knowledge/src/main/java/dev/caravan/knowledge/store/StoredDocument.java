package dev.caravan.knowledge.store;

/**
 * A document of the ledger.
 *
 * @param documentId its row
 * @param segments number of its segments
 * @param characters length of its text in UTF-16 code units
 * @param segmentsWithoutVector number of its segments that the embedding model asked for has not embedded
 */
public record StoredDocument(long documentId, int segments, int characters, int segmentsWithoutVector) {}

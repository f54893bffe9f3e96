package dev.caravan.knowledge.ingest;

/**
 * What an ingestion stored.
 *
 * @param documentHash SHA-256 of the file's bytes, in lower-case hexadecimal
 * @param segments number of searchable segments
 * @param characters length of the document's text in UTF-16 code units
 */
public record IngestedDocument(String documentHash, int segments, int characters) {}

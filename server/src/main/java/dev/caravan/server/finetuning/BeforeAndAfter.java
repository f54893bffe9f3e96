package dev.caravan.server.finetuning;

/**
 * What the base and the tuned model answer to the same question.
 *
 * @param expected the answer that stands in the data, or empty
 */
record BeforeAndAfter(String question, String before, String after, String expected) {}

package dev.caravan.engine.tokenizer;

/** What a tokenizer does to a text before it cuts it. Immutable and thread-safe. */
@FunctionalInterface
public interface TextNormalizer {

    /** The normalised text. */
    String normalize(String text);
}

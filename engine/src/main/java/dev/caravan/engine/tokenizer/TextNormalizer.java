package dev.caravan.engine.tokenizer;

/** What a tokenizer does to a text before it cuts it. */
@FunctionalInterface
public interface TextNormalizer {

    /** The normalised text; spaces still spelled as spaces, none added in front. */
    String normalize(String text);
}

package dev.caravan.knowledge.text;

/**
 * A word of a text in the form in which it is searched and compared.
 *
 * @param text normalised: stem of a noun or verb, lower case, digits without separators
 * @param kind what it is
 */
public record Term(String text, Kind kind) {

    /** Kinds of terms. */
    public enum Kind {
        /** A word, or a part of a compound, an identifier or an unknown word. */
        WORD,
        /** A quantity, by value: 1,500,000 and 150만 are the same. */
        NUMBER,
        /** A code such as KT-2024-017, whole. */
        IDENTIFIER
    }

    /** Whether a statement that changes this term is another statement. */
    public boolean isExact() {
        return kind != Kind.WORD;
    }
}

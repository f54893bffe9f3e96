package dev.caravan.knowledge.text;

/**
 * A part of a text.
 *
 * @param start first UTF-16 code unit
 * @param end end, exclusive
 */
public record Span(int start, int end) {

    public Span {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException(start + ".." + end + " is not a span");
        }
    }

    /** The part itself. */
    public String of(String text) {
        return text.substring(start, end);
    }

    public int length() {
        return end - start;
    }
}

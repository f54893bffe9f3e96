package dev.caravan.engine.template;

import java.util.BitSet;
import java.util.Objects;

/**
 * A string of a template, with a mark on every character that came from outside: message contents, tools, documents.
 * Cutting and joining keep the marks; whatever changes characters marks its whole result if any of its input is marked.
 * Equality looks at the characters only. Immutable.
 */
final class Text {
    static final Text EMPTY = new Text("", new BitSet());

    private final String value;
    private final BitSet marks;

    private Text(String value, BitSet marks) {
        this.value = value;
        this.marks = marks;
    }

    /** A string that the template itself wrote. */
    static Text trusted(String value) {
        return new Text(value, EMPTY.marks);
    }

    /** A string from outside. */
    static Text untrusted(String value) {
        BitSet marks = new BitSet(value.length());
        marks.set(0, value.length());
        return new Text(value, marks);
    }

    String value() {
        return value;
    }

    int length() {
        return value.length();
    }

    /** The UTF-16 units that came from outside; not to be changed. */
    BitSet marks() {
        return marks;
    }

    /** A string made out of this one. */
    Text derived(String changed) {
        if (changed.equals(value)) {
            return this;
        }
        return marks.isEmpty() ? trusted(changed) : untrusted(changed);
    }

    Text substring(int start, int end) {
        if (start == 0 && end == value.length()) {
            return this;
        }
        if (start >= end) {
            return EMPTY;
        }
        return new Text(value.substring(start, end), marks.isEmpty() ? marks : marks.get(start, end));
    }

    Text plus(Text other) {
        return new Builder().append(this).append(other).build();
    }

    /** The number of code points: Python's length. */
    int codePoints() {
        return value.codePointCount(0, value.length());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Text text && value.equals(text.value);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(value);
    }

    @Override
    public String toString() {
        return value;
    }

    /** Joins texts. */
    static final class Builder {
        private final StringBuilder value = new StringBuilder();
        private final BitSet marks = new BitSet();

        Builder append(Text text) {
            return append(text, 0, text.length());
        }

        Builder append(Text text, int start, int end) {
            int shift = value.length() - start;
            value.append(text.value, start, end);
            for (int from = text.marks.nextSetBit(start); from >= 0 && from < end; ) {
                int to = Math.min(end, text.marks.nextClearBit(from));
                marks.set(from + shift, to + shift);
                from = text.marks.nextSetBit(to);
            }
            return this;
        }

        Builder append(String trusted) {
            value.append(trusted);
            return this;
        }

        int length() {
            return value.length();
        }

        Text build() {
            return new Text(value.toString(), (BitSet) marks.clone());
        }
    }
}

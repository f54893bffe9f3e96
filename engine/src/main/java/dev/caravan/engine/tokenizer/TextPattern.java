package dev.caravan.engine.tokenizer;

import java.util.function.IntPredicate;

/** Finds the stretches of a text that a step cuts at. Immutable and thread-safe. */
@FunctionalInterface
interface TextPattern {

    @FunctionalInterface
    interface MatchSink {
        void match(int start, int end);
    }

    /** All matches within {@code text[start, end)} from left to right; nothing outside is looked at. */
    void find(String text, int start, int end, MatchSink sink);

    /** Every occurrence of a text, from left to right. */
    static TextPattern literal(String wanted) {
        return (text, start, end, sink) -> {
            int at = text.indexOf(wanted, start, end);
            while (at >= 0 && !wanted.isEmpty()) {
                sink.match(at, at + wanted.length());
                at = text.indexOf(wanted, at + wanted.length(), end);
            }
        };
    }

    /** Every code point of a kind, each a match of its own. */
    static TextPattern codePoints(IntPredicate kind) {
        return (text, start, end, sink) -> {
            for (int i = start; i < end; ) {
                int codePoint = text.codePointAt(i);
                int next = i + Character.charCount(codePoint);
                if (kind.test(codePoint)) {
                    sink.match(i, next);
                }
                i = next;
            }
        };
    }
}

package dev.caravan.knowledge.chain;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes marks such as {@code [1]} or {@code [1, 3]} out of a model's text while it streams, and remembers where they
 * stood. Which passage supports a sentence is decided by {@link Attribution}; the model's own marks only break ties.
 * Belongs to one answer.
 */
final class MarkFilter {

    private static final int MARK_CHARACTERS_MAX = 12;

    /** @param offset UTF-16 code units of the cleaned text before the mark */
    record Mark(int offset, int number) {}

    private final StringBuilder held = new StringBuilder();
    private final List<Mark> marks = new ArrayList<>();
    private int emitted;

    /** The next piece of the answer without marks; what may become a mark is held back. */
    String push(String text) {
        StringBuilder out = new StringBuilder();
        for (int index = 0; index < text.length(); index++) {
            push(text.charAt(index), out);
        }
        emitted += out.length();
        return out.toString();
    }

    /** What was held back and has not become a mark. */
    String finish() {
        String rest = held.toString();
        held.setLength(0);
        emitted += rest.length();
        return rest;
    }

    List<Mark> marks() {
        return List.copyOf(marks);
    }

    private void push(char character, StringBuilder out) {
        boolean isOpen = held.indexOf("[") >= 0;
        if (!isOpen && character == ' ') {
            // The space before a mark goes with it.
            flush(out);
            held.append(character);
        } else if (!isOpen && character == '[') {
            held.append(character);
        } else if (isOpen && character == ']' && Character.isDigit(held.charAt(held.length() - 1))) {
            remember(emitted + out.length());
            held.setLength(0);
        } else if (isOpen && isMarkPart(character) && held.length() < MARK_CHARACTERS_MAX) {
            held.append(character);
        } else {
            flush(out);
            out.append(character);
        }
    }

    private boolean isMarkPart(char character) {
        boolean isFirst = held.charAt(held.length() - 1) == '[';
        return Character.isDigit(character) || (!isFirst && (character == ',' || character == ' '));
    }

    private void flush(StringBuilder out) {
        out.append(held);
        held.setLength(0);
    }

    private void remember(int offset) {
        String numbers = held.substring(held.indexOf("[") + 1);
        for (String number : numbers.split("[, ]+", -1)) {
            if (!number.isEmpty() && number.length() <= 3) {
                marks.add(new Mark(offset, Integer.parseInt(number)));
            }
        }
    }
}

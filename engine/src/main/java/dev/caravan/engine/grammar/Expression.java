package dev.caravan.engine.grammar;

import java.util.Arrays;
import java.util.List;

/** What a rule of a {@link Grammar} matches. Immutable. */
sealed interface Expression {

    /** Stands for no upper limit. */
    int UNBOUNDED = Integer.MAX_VALUE;

    Expression EMPTY = new Text("");

    /** Exactly this text. */
    record Text(String text) implements Expression {}

    /** One character of a set. */
    record Characters(CodePoints set) implements Expression {}

    /** One after the other. */
    record Sequence(List<Expression> parts) implements Expression {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** One of them. */
    record Choice(List<Expression> options) implements Expression {
        public Choice {
            options = List.copyOf(options);
        }
    }

    /** At least {@code min}, at most {@code max} times. */
    record Repeat(Expression body, int min, int max) implements Expression {
        public Repeat {
            if (min < 0 || max < min) {
                throw new IllegalArgumentException(
                        "cannot repeat at least %d and at most %d times".formatted(min, max));
            }
        }
    }

    /** What another rule matches. */
    record Reference(String rule) implements Expression {}

    static Expression text(String text) {
        return new Text(text);
    }

    static Expression characters(String characters) {
        return new Characters(CodePoints.of(characters));
    }

    static Expression range(int first, int last) {
        return new Characters(CodePoints.range(first, last));
    }

    static Expression sequence(Expression... parts) {
        return sequence(Arrays.asList(parts));
    }

    static Expression sequence(List<Expression> parts) {
        return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
    }

    static Expression choice(Expression... options) {
        return choice(Arrays.asList(options));
    }

    static Expression choice(List<Expression> options) {
        return options.size() == 1 ? options.getFirst() : new Choice(options);
    }

    static Expression optional(Expression body) {
        return new Repeat(body, 0, 1);
    }

    static Expression repeat(Expression body, int min, int max) {
        return new Repeat(body, min, max);
    }
}

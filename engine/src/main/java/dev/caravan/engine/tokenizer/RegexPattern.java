package dev.caravan.engine.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A regular expression of a {@code tokenizer.json}. The file is somebody else's, and an expression can be made to take
 * forever: the characters that matching may look at are counted, and a text that needs too many is refused.
 */
final class RegexPattern implements TextPattern {

    /** The families' expressions look at a character some ten times. */
    private static final int LOOKS_PER_CHARACTER = 1000;

    private static final int MIN_LOOKS = 1_000_000;

    private final Pattern pattern;

    private RegexPattern(Pattern pattern) {
        this.pattern = pattern;
    }

    /**
     * Translates and compiles an expression in the syntax of the {@code tokenizers} library (Oniguruma).
     *
     * @throws IllegalArgumentException if it is malformed, or uses something that has no equal in Java
     */
    static RegexPattern compile(String expression) {
        String translated = OnigurumaSyntax.translate(expression);
        try {
            // Lines end at \n alone, and ^ and $ stand at every one of them, as in Oniguruma's syntax.
            return new RegexPattern(Pattern.compile(
                    translated, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNIX_LINES | Pattern.MULTILINE));
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException(
                    "the expression '%s' cannot be read (%s)"
                            .formatted(
                                    shortened(expression),
                                    String.valueOf(malformed.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse("")),
                    malformed);
        } catch (StackOverflowError tooDeep) {
            throw new IllegalArgumentException(
                    "the expression '%s' is nested too deep".formatted(shortened(expression)), tooDeep);
        }
    }

    @Override
    public void find(String text, int start, int end, MatchSink sink) {
        long looks = Math.max(MIN_LOOKS, (long) (end - start) * LOOKS_PER_CHARACTER);
        Matcher matcher = pattern.matcher(new CountedText(text, looks)).region(start, end);
        while (finds(matcher)) {
            sink.match(matcher.start(), matcher.end());
        }
    }

    private boolean finds(Matcher matcher) {
        try {
            return matcher.find();
        } catch (StackOverflowError tooDeep) {
            throw tooLong(tooDeep);
        }
    }

    private IllegalArgumentException tooLong(Throwable cause) {
        return new IllegalArgumentException(
                "the tokenizer's expression '%s' takes too long on this text; send a shorter one, or take a model with another tokenizer"
                        .formatted(shortened(pattern.pattern())),
                cause);
    }

    private static String shortened(String expression) {
        return expression.length() > 80 ? expression.substring(0, 80) + "…" : expression;
    }

    /** A text that counts how often it is looked at. */
    private final class CountedText implements CharSequence {
        private final String text;
        private long looks;

        CountedText(String text, long looks) {
            this.text = text;
            this.looks = looks;
        }

        @Override
        public char charAt(int index) {
            if (--looks < 0) {
                throw tooLong(new IllegalStateException("no looks left"));
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}

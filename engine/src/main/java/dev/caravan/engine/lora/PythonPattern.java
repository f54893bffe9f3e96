package dev.caravan.engine.lora;

import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression of an {@code adapter_config.json}, in Python's syntax. The file is somebody else's, and an
 * expression can be made to take forever: the characters that matching looks at are counted, and one that needs too
 * many is refused. Immutable and thread-safe.
 */
final class PythonPattern {

    /** The expressions that are met look at a name's character some thousand times. */
    private static final int MAX_LOOKS = 5_000_000;

    private static final int MAX_LENGTH = 20_000;
    private static final String LAYER_NUMBER = "(?<layerNumber>\\d{1,9})";

    /** The first number between dots that has a name before it and a path before that. */
    static final PythonPattern ANY_LAYER =
            new PythonPattern("layers_to_transform", ".*?\\.[^.]*\\." + LAYER_NUMBER + "\\.");

    private final Pattern pattern;
    private final String expression;

    private PythonPattern(String expression, String translated) {
        this.expression = expression;
        if (expression.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("the expression '%s' has %d characters, at most %d are read"
                    .formatted(shown(), expression.length(), MAX_LENGTH));
        }
        try {
            this.pattern = Pattern.compile(translated, Pattern.UNICODE_CHARACTER_CLASS);
        } catch (PatternSyntaxException malformed) {
            throw new IllegalArgumentException(
                    "the expression '%s' cannot be read (%s)".formatted(shown(), malformed.getDescription()),
                    malformed);
        } catch (StackOverflowError tooDeep) {
            throw new IllegalArgumentException("the expression '%s' is nested too deep".formatted(shown()), tooDeep);
        }
    }

    /** @throws IllegalArgumentException if the expression is malformed */
    static PythonPattern of(String expression) {
        return new PythonPattern(expression, translated(expression));
    }

    /**
     * The expression behind any path: {@code (.*\.)?(EXPRESSION)$}, as PEFT reads the keys of its patterns.
     *
     * @throws IllegalArgumentException if the expression is malformed
     */
    static PythonPattern suffix(String expression) {
        return new PythonPattern(expression, "(.*\\.)?(" + translated(expression) + ")$");
    }

    /**
     * The first number that stands behind the expression, as PEFT reads {@code layers_pattern}.
     *
     * @throws IllegalArgumentException if the expression is malformed
     */
    static PythonPattern behindLayers(String expression) {
        return new PythonPattern(expression, "(?:^|.*?\\.)" + translated(expression) + "\\." + LAYER_NUMBER + "\\.");
    }

    /** Python's spelling of named groups and of the text's end. */
    private static String translated(String expression) {
        return expression.replace("(?P<", "(?<").replaceAll("\\(\\?P=(\\w+)\\)", "\\\\k<$1>");
    }

    /** Whether the whole name matches (Python's {@code re.fullmatch}). */
    boolean matchesAll(String name) {
        return ask(name, Matcher::matches);
    }

    /** Whether the name's beginning matches (Python's {@code re.match}). */
    boolean matchesStart(String name) {
        return ask(name, Matcher::lookingAt);
    }

    /** The number of a module's layer, for {@link #ANY_LAYER} and {@link #behindLayers}. */
    OptionalInt layerNumber(String name) {
        return ask(
                name,
                matcher -> matcher.lookingAt()
                        ? OptionalInt.of(Integer.parseInt(matcher.group("layerNumber")))
                        : OptionalInt.empty());
    }

    private <T> T ask(String name, Function<Matcher, T> question) {
        try {
            return question.apply(pattern.matcher(new CountedText(name)));
        } catch (StackOverflowError tooDeep) {
            throw tooLong(tooDeep);
        }
    }

    private IllegalArgumentException tooLong(Throwable cause) {
        return new IllegalArgumentException(
                "the expression '%s' takes too long; name the modules one by one".formatted(shown()), cause);
    }

    private String shown() {
        return expression.length() > 80 ? expression.substring(0, 80) + "…" : expression;
    }

    /** A name that counts how often it is looked at. */
    private final class CountedText implements CharSequence {
        private final String text;
        private int looks = MAX_LOOKS;

        CountedText(String text) {
            this.text = text;
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

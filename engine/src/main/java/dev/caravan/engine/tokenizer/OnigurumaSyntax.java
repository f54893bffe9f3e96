package dev.caravan.engine.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Regular expressions from Oniguruma's syntax, in which {@code tokenizer.json} files are written, to Java's. Most of it is
 * the same; this class rewrites what is written otherwise, and refuses what would silently mean another thing:
 *
 * <ul>
 *   <li>{@code {1,3}+} repeats the repetition, where Java would make it possessive;
 *   <li>scripts are named without {@code Is}; {@code \p{^L}} negates; {@code \h} is a hexadecimal digit;
 *   <li>{@code \w} does not hold the joiners U+200C and U+200D;
 *   <li>{@code (?m:} lets the dot match line ends, which Java calls {@code (?s:}.
 * </ul>
 */
final class OnigurumaSyntax {

    private static final int MAX_CHARACTERS = 16_384;
    private static final int MAX_DEPTH = 100;

    /** The product of all smallest numbers of repetitions: Java repeats even the empty match that often. */
    private static final int MAX_REPETITIONS = 10_000;

    /** Escapes that both sides read alike, outside and inside of brackets. */
    private static final String SAME_ESCAPES = "dDsSnrtfaexuAbBzZ";

    private static final Set<String> GENERAL_CATEGORIES = Set.of(
            "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps",
            "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cs",
            "Cn");

    private final String expression;
    private final StringBuilder output = new StringBuilder();
    private int position;
    /** Where the last atom begins in the output, or -1 where nothing can be repeated. */
    private int atom = -1;

    private long repetitions = 1;

    private OnigurumaSyntax(String expression) {
        this.expression = expression;
    }

    /**
     * The same expression for {@link java.util.regex.Pattern}.
     *
     * @throws IllegalArgumentException if it uses something that has no equal there
     */
    static String translate(String expression) {
        if (expression.length() > MAX_CHARACTERS) {
            throw new IllegalArgumentException("the expression has %d characters; at most %d are supported"
                    .formatted(expression.length(), MAX_CHARACTERS));
        }
        return new OnigurumaSyntax(expression).translate();
    }

    private String translate() {
        Deque<Integer> groups = new ArrayDeque<>();
        while (position < expression.length()) {
            char character = expression.charAt(position);
            switch (character) {
                case '\\' -> {
                    atom = output.length();
                    escape(false);
                }
                case '[' -> {
                    atom = output.length();
                    brackets(0);
                }
                case '(' -> {
                    groups.push(output.length());
                    group();
                    atom = -1;
                }
                case ')' -> {
                    copy();
                    atom = groups.isEmpty() ? -1 : groups.pop();
                }
                case '*', '+', '?' -> quantifier(1);
                case '{' -> interval();
                case '|', '^' -> {
                    copy();
                    atom = -1;
                }
                default -> {
                    atom = output.length();
                    output.appendCodePoint(expression.codePointAt(position));
                    position += Character.charCount(expression.codePointAt(position));
                }
            }
            if (groups.size() > MAX_DEPTH) {
                throw refused("is nested too deep");
            }
        }
        return output.toString();
    }

    private void copy() {
        output.append(expression.charAt(position++));
    }

    private boolean follows(String text) {
        return expression.startsWith(text, position);
    }

    private void group() {
        if (!follows("(?")) {
            // Nothing refers to groups by number: numbers are refused below.
            output.append("(?:");
            position++;
            return;
        }
        for (String same : new String[] {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"}) {
            if (follows(same)) {
                output.append(same);
                position += same.length();
                return;
            }
        }
        int end = position + 2;
        while (end < expression.length() && "imx-".indexOf(expression.charAt(end)) >= 0) {
            end++;
        }
        String flags = expression.substring(position + 2, end);
        char closing = end < expression.length() ? expression.charAt(end) : 0;
        // Behind other text, (?i) reaches over the alternatives that follow, and in Java it does not.
        boolean supported = !flags.contains("x") && (closing == ':' || (closing == ')' && position == 0));
        if (!supported) {
            throw refused("uses a group that is not supported at character %d".formatted(position));
        }
        output.append("(?").append(flags.replace('m', 's'));
        position = end;
        if (expression.charAt(end) == ':') {
            copy();
        }
    }

    /** A repetition of a given length in the expression, with the sign that makes it lazy or possessive. */
    private void quantifier(int length) {
        if (atom < 0) {
            throw refused("repeats nothing at character %d".formatted(position));
        }
        output.append(expression, position, position + length);
        position += length;
        if (position < expression.length() && "+?".indexOf(expression.charAt(position)) >= 0) {
            copy();
        }
        if (position < expression.length() && "*+?{".indexOf(expression.charAt(position)) >= 0) {
            output.insert(atom, "(?:").append(')');
        }
    }

    private void interval() {
        int end = position + 1;
        while (end < expression.length() && "0123456789,".indexOf(expression.charAt(end)) >= 0) {
            end++;
        }
        String counts = expression.substring(position + 1, Math.min(end, expression.length()));
        boolean isInterval = end < expression.length()
                && expression.charAt(end) == '}'
                && counts.matches("\\d{1,4}|\\d{1,4},\\d{0,4}|,\\d{1,4}");
        if (!isInterval) {
            atom = output.length();
            output.append("\\{");
            position++;
            return;
        }
        if (atom < 0) {
            throw refused("repeats nothing at character %d".formatted(position));
        }
        int comma = counts.indexOf(',');
        String smallest = comma < 0 ? counts : counts.substring(0, comma);
        repetitions *= smallest.isEmpty() ? 1 : Math.max(1, Integer.parseInt(smallest));
        if (repetitions > MAX_REPETITIONS) {
            throw refused("repeats more than %d times".formatted(MAX_REPETITIONS));
        }
        output.append('{')
                .append(counts.startsWith(",") ? "0" + counts : counts)
                .append('}');
        position = end + 1;
        if (position < expression.length() && expression.charAt(position) == '?') {
            if (!counts.contains(",")) {
                throw refused("uses {n}?, which is not supported, at character %d".formatted(position));
            }
            copy();
        }
        if (position < expression.length() && "*+?{".indexOf(expression.charAt(position)) >= 0) {
            output.insert(atom, "(?:").append(')');
        }
    }

    private void brackets(int depth) {
        if (depth > MAX_DEPTH) {
            throw refused("is nested too deep");
        }
        copy();
        if (position < expression.length() && expression.charAt(position) == '^') {
            copy();
        }
        boolean first = true;
        while (position < expression.length()) {
            char character = expression.charAt(position);
            if (character == ']' && !first) {
                copy();
                return;
            }
            if (follows("[:")) {
                throw refused("uses a POSIX class, which is not supported, at character %d".formatted(position));
            } else if (character == '[') {
                brackets(depth + 1);
            } else if (character == '\\') {
                escape(true);
            } else if (character == ']') {
                output.append("\\]");
                position++;
            } else {
                copy();
            }
            first = false;
        }
        throw refused("has a bracket that is not closed");
    }

    private void escape(boolean inBrackets) {
        if (position + 1 >= expression.length()) {
            throw refused("ends in a backslash");
        }
        char escaped = expression.charAt(position + 1);
        if (escaped == 'p' || escaped == 'P') {
            property(escaped == 'P');
            return;
        }
        position += 2;
        switch (escaped) {
            case 'h' -> output.append(inBrackets ? "0-9a-fA-F" : "[0-9a-fA-F]");
            case 'w' -> output.append("[\\w&&[^\\u200C\\u200D]]");
            case 'W' -> output.append("[\\W\\u200C\\u200D]");
            case 'v' -> output.append("\\x0B");
            default -> {
                boolean isLetterOrDigit = escaped < 128 && Character.isLetterOrDigit(escaped);
                boolean isAnchor = "AbBzZ".indexOf(escaped) >= 0;
                if (isLetterOrDigit && (SAME_ESCAPES.indexOf(escaped) < 0 || (isAnchor && inBrackets))) {
                    throw refused(
                            "uses \\%c, which is not supported, at character %d".formatted(escaped, position - 2));
                }
                output.append('\\').append(escaped);
            }
        }
    }

    private void property(boolean negated) {
        int end = expression.indexOf('}', position);
        if (position + 2 >= expression.length() || expression.charAt(position + 2) != '{' || end < 0) {
            throw refused("uses \\p without braces at character %d".formatted(position));
        }
        String name = expression.substring(position + 3, end);
        boolean isNegated = negated;
        if (name.startsWith("^")) {
            isNegated = !isNegated;
            name = name.substring(1);
        }
        output.append(isNegated ? "\\P{" : "\\p{");
        if (GENERAL_CATEGORIES.contains(name)) {
            output.append(name);
        } else {
            output.append("Is").append(script(name));
        }
        output.append('}');
        position = end + 1;
    }

    private String script(String name) {
        try {
            return Character.UnicodeScript.forName(name).name();
        } catch (IllegalArgumentException unknown) {
            throw new IllegalArgumentException(
                    "the expression '%s' uses \\p{%s}, which is not supported".formatted(expression, name), unknown);
        }
    }

    private IllegalArgumentException refused(String problem) {
        return new IllegalArgumentException("the expression '%s' %s".formatted(expression, problem));
    }
}

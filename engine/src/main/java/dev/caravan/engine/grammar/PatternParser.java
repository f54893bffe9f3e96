package dev.caravan.engine.grammar;

import static dev.caravan.engine.grammar.Expression.UNBOUNDED;
import static dev.caravan.engine.grammar.Expression.repeat;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads the regular expressions of JSON schema's {@code pattern} (ECMA-262) as far as they are regular: characters,
 * classes, groups, {@code |} and repetition. {@code ^} and {@code $} may stand at the very beginning and end; without
 * them anything may stand before or after the match. For one pattern and one thread.
 */
final class PatternParser {
    private static final int MAX_CHARACTERS = 2048;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_TIMES = 4096;
    private static final CodePoints DIGITS = CodePoints.range('0', '9');
    private static final CodePoints WORD = DIGITS.union(CodePoints.range('a', 'z'))
            .union(CodePoints.range('A', 'Z'))
            .union(CodePoints.of("_"));
    private static final CodePoints SPACE = CodePoints.range(0x09, 0x0D)
            .union(CodePoints.of(" \u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF"))
            .union(CodePoints.range(0x2000, 0x200A));
    private static final CodePoints LINE_ENDS = CodePoints.of("\n\r\u2028\u2029");

    private final String pattern;
    private final String location;
    private int position;

    /** Whether there is a {@code |} outside all groups. */
    private boolean hasAlternatives;

    private PatternParser(String pattern, String location) {
        this.pattern = pattern;
        this.location = location;
    }

    /** The JSON strings whose value the pattern matches, with their quotes. */
    static Expression parse(String pattern, String location) {
        return new PatternParser(pattern, location).parse();
    }

    private Expression parse() {
        if (pattern.length() > MAX_CHARACTERS) {
            throw failure("it has more than %d characters".formatted(MAX_CHARACTERS));
        }
        boolean isAnchored = take('^');
        Expression match = readChoice(0);
        boolean isWhole = take('$');
        if (position < pattern.length()) {
            throw failure(
                    "'%c' at character %d is not supported there".formatted(pattern.charAt(position), position + 1));
        }
        if (hasAlternatives && (isAnchored || isWhole)) {
            throw failure("^ and $ belong to one alternative of | only; put the alternatives into a group (a|b)");
        }
        Expression anything = repeat(JsonStrings.CHARACTER, 0, UNBOUNDED);
        List<Expression> parts = new ArrayList<>();
        if (!isAnchored) {
            parts.add(anything);
        }
        parts.add(match);
        if (!isWhole) {
            parts.add(anything);
        }
        return JsonStrings.quoted(Expression.sequence(parts));
    }

    private Expression readChoice(int depth) {
        if (depth > MAX_DEPTH) {
            throw failure("its groups are nested more than %d deep".formatted(MAX_DEPTH));
        }
        List<Expression> options = new ArrayList<>();
        do {
            options.add(readSequence(depth));
        } while (take('|'));
        hasAlternatives |= depth == 0 && options.size() > 1;
        return Expression.choice(options);
    }

    private Expression readSequence(int depth) {
        List<Expression> parts = new ArrayList<>();
        while (position < pattern.length() && "|)$".indexOf(pattern.charAt(position)) < 0) {
            parts.add(readRepeat(readItem(depth)));
        }
        return Expression.sequence(parts);
    }

    private Expression readItem(int depth) {
        char character = pattern.charAt(position);
        return switch (character) {
            case '(' -> readGroup(depth);
            case '[' -> JsonStrings.character(readClass());
            case '.' -> {
                position++;
                yield JsonStrings.character(LINE_ENDS.complement());
            }
            case '\\' -> JsonStrings.character(readEscape());
            case '^', '*', '+', '?', '{', '}', ']' ->
                throw failure("'%c' at character %d is not supported there".formatted(character, position + 1));
            default -> JsonStrings.character(CodePoints.of(Character.toString(readCodePoint())));
        };
    }

    private Expression readGroup(int depth) {
        position++;
        if (take('?') && !take(':')) {
            throw failure("groups that begin with (? are not supported, but for (?:");
        }
        Expression group = readChoice(depth + 1);
        if (!take(')')) {
            throw failure("a group is not closed, or $ stands within it");
        }
        return group;
    }

    private Expression readRepeat(Expression item) {
        if (position >= pattern.length() || "*+?{".indexOf(pattern.charAt(position)) < 0) {
            return item;
        }
        char sign = pattern.charAt(position++);
        Expression repeated = switch (sign) {
            case '*' -> repeat(item, 0, UNBOUNDED);
            case '+' -> repeat(item, 1, UNBOUNDED);
            case '?' -> repeat(item, 0, 1);
            default -> readBounds(item);
        };
        // A lazy repetition matches the same texts.
        take('?');
        return repeated;
    }

    private Expression readBounds(Expression item) {
        int min = readNumber();
        int max = min;
        if (take(',')) {
            max = position < pattern.length() && pattern.charAt(position) == '}' ? UNBOUNDED : readNumber();
        }
        if (!take('}') || max < min) {
            throw failure("a repetition before character %d is wrong; write it as {2,5}".formatted(position + 1));
        }
        return repeat(item, min, max);
    }

    private int readNumber() {
        int start = position;
        while (position < pattern.length() && Character.digit(pattern.charAt(position), 10) >= 0) {
            position++;
        }
        if (position == start || position - start > 4 || Integer.parseInt(pattern, start, position, 10) > MAX_TIMES) {
            throw failure("a repetition counts to %d at most".formatted(MAX_TIMES));
        }
        return Integer.parseInt(pattern, start, position, 10);
    }

    private CodePoints readClass() {
        position++;
        boolean isNegated = take('^');
        CodePoints set = CodePoints.NONE;
        while (position < pattern.length() && pattern.charAt(position) != ']') {
            CodePoints item = readClassItem();
            boolean isRange = position + 1 < pattern.length()
                    && pattern.charAt(position) == '-'
                    && pattern.charAt(position + 1) != ']';
            if (isRange) {
                position++;
                CodePoints end = readClassItem();
                boolean areSingle = isSingle(item) && isSingle(end);
                if (!areSingle || end.first(0) < item.first(0)) {
                    throw failure("a range of a class is wrong before character %d".formatted(position + 1));
                }
                item = CodePoints.range(item.first(0), end.first(0));
            }
            set = set.union(item);
        }
        if (!take(']')) {
            throw failure("a class is not closed");
        }
        set = isNegated ? set.complement() : set;
        if (set.isEmpty()) {
            throw failure("a class holds no character");
        }
        return set;
    }

    private CodePoints readClassItem() {
        if (position >= pattern.length()) {
            throw failure("a class is not closed");
        }
        return pattern.charAt(position) == '\\' ? readEscape() : CodePoints.of(Character.toString(readCodePoint()));
    }

    private static boolean isSingle(CodePoints set) {
        return set.rangeCount() == 1 && set.first(0) == set.last(0);
    }

    private CodePoints readEscape() {
        position++;
        if (position >= pattern.length()) {
            throw failure("it ends with \\");
        }
        char kind = pattern.charAt(position++);
        return switch (kind) {
            case 'd' -> DIGITS;
            case 'D' -> DIGITS.complement();
            case 'w' -> WORD;
            case 'W' -> WORD.complement();
            case 's' -> SPACE;
            case 'S' -> SPACE.complement();
            case 't' -> CodePoints.of("\t");
            case 'n' -> CodePoints.of("\n");
            case 'r' -> CodePoints.of("\r");
            case 'f' -> CodePoints.of("\f");
            case 'v' -> CodePoints.of("\u000B");
            case 'x' -> readHex(2);
            case 'u' -> readHex(4);
            default -> {
                if (Character.isLetterOrDigit(kind) || kind >= 0x80) {
                    throw failure("\\%c is not supported".formatted(kind));
                }
                yield CodePoints.of(String.valueOf(kind));
            }
        };
    }

    private CodePoints readHex(int digits) {
        String hex = position + digits <= pattern.length() ? pattern.substring(position, position + digits) : "";
        if (!hex.matches("[0-9a-fA-F]+")) {
            throw failure("\\x needs two and \\u four hexadecimal digits");
        }
        position += digits;
        int character = Integer.parseInt(hex, 16);
        if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
            throw failure("it spells half a surrogate pair; write the character itself");
        }
        return CodePoints.range(character, character);
    }

    private int readCodePoint() {
        int character = pattern.codePointAt(position);
        if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
            throw failure("it holds half a surrogate pair");
        }
        position += Character.charCount(character);
        return character;
    }

    private boolean take(char expected) {
        boolean isThere = position < pattern.length() && pattern.charAt(position) == expected;
        position += isThere ? 1 : 0;
        return isThere;
    }

    private GrammarException failure(String message) {
        return new GrammarException(location, "the pattern '%s' cannot be used: %s".formatted(pattern, message));
    }
}

package dev.caravan.engine.grammar;

import static dev.caravan.engine.grammar.Expression.UNBOUNDED;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads GBNF: {@code name ::= alternatives} with texts in quotes, character classes, {@code .}, groups, {@code |},
 * {@code * + ?} and {@code {m,n}}; {@code #} starts a comment. A rule ends where the next one begins, so lines may be
 * broken anywhere. Answers begin with the rule {@code root}. For one text and one thread.
 */
final class GbnfParser {
    static final int MAX_CHARACTERS = 1 << 18;
    static final int MAX_DEPTH = 64;
    private static final String ROOT = "root";
    private static final String DEFINES = "::=";

    private final String text;
    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private int position;

    GbnfParser(String text) {
        this.text = text;
    }

    Grammar parse() {
        if (text.length() > MAX_CHARACTERS) {
            throw new GrammarException(
                    "",
                    "the grammar has %d characters; at most %d are supported".formatted(text.length(), MAX_CHARACTERS));
        }
        skipSpace();
        while (position < text.length()) {
            readRule();
        }
        if (!rules.containsKey(ROOT)) {
            throw new GrammarException("", "the grammar has no rule 'root'; answers begin with it, so write one");
        }
        return new Grammar(rules, ROOT);
    }

    private void readRule() {
        int start = position;
        String name = readName();
        skipSpace();
        if (!text.startsWith(DEFINES, position)) {
            throw failure(position, "expected ::= after the rule name '%s'".formatted(name));
        }
        position += DEFINES.length();
        skipSpace();
        Expression expression = readChoice(0);
        if (position < text.length() && !isRuleStart()) {
            throw failure(position, "unexpected '%s'".formatted(Character.toString(text.codePointAt(position))));
        }
        if (rules.put(name, expression) != null) {
            throw failure(start, "there are two rules '%s'; join them with |".formatted(name));
        }
    }

    private Expression readChoice(int depth) {
        if (depth > MAX_DEPTH) {
            throw failure(position, "groups are nested more than %d deep".formatted(MAX_DEPTH));
        }
        List<Expression> options = new ArrayList<>();
        options.add(readSequence(depth));
        while (position < text.length() && text.charAt(position) == '|') {
            position++;
            skipSpace();
            options.add(readSequence(depth));
        }
        return Expression.choice(options);
    }

    private Expression readSequence(int depth) {
        List<Expression> parts = new ArrayList<>();
        while (position < text.length() && "|)".indexOf(text.charAt(position)) < 0 && !isRuleStart()) {
            parts.add(readRepeats(readItem(depth)));
            skipSpace();
        }
        return Expression.sequence(parts);
    }

    private Expression readItem(int depth) {
        char character = text.charAt(position);
        if (character == '"') {
            return readText();
        }
        if (character == '[') {
            return readClass();
        }
        if (character == '.') {
            position++;
            return new Expression.Characters(CodePoints.ALL);
        }
        if (character == '(') {
            int start = position++;
            skipSpace();
            Expression group = readChoice(depth + 1);
            if (position >= text.length() || text.charAt(position) != ')') {
                throw failure(start, "this group is not closed; write ')' after its last item");
            }
            position++;
            return group;
        }
        if (character == '<' || character == '!') {
            throw failure(position, "tokens by name (<...>) are not supported; write the token's text in quotes");
        }
        return new Expression.Reference(readName());
    }

    private Expression readRepeats(Expression item) {
        Expression repeated = item;
        for (int signs = 0; position < text.length() && "*+?{".indexOf(text.charAt(position)) >= 0; signs++) {
            if (signs >= MAX_DEPTH) {
                throw failure(position, "an item is repeated more than %d times over".formatted(MAX_DEPTH));
            }
            char sign = text.charAt(position);
            if (sign == '{') {
                repeated = readBounds(repeated);
            } else {
                position++;
                repeated = Expression.repeat(repeated, sign == '+' ? 1 : 0, sign == '?' ? 1 : UNBOUNDED);
            }
            skipBlanks();
        }
        return repeated;
    }

    /** {@code {3}}, {@code {3,}}, {@code {3,5}} or {@code {,5}}. */
    private Expression readBounds(Expression item) {
        int start = position++;
        skipSpace();
        boolean hasMin = position < text.length() && text.charAt(position) != ',';
        int min = hasMin ? readNumber() : 0;
        int max = min;
        skipSpace();
        if (position < text.length() && text.charAt(position) == ',') {
            position++;
            skipSpace();
            boolean hasMax = position < text.length() && text.charAt(position) != '}';
            if (!hasMin && !hasMax) {
                throw failure(start, "{,} says nothing; write *");
            }
            max = hasMax ? readNumber() : UNBOUNDED;
            skipSpace();
        }
        if (position >= text.length() || text.charAt(position) != '}') {
            throw failure(start, "this repetition is not closed; write it as {2,5}");
        }
        position++;
        if (max < min) {
            throw failure(start, "at least %d and at most %d times cannot be; swap them".formatted(min, max));
        }
        return Expression.repeat(item, min, max);
    }

    private int readNumber() {
        int start = position;
        while (position < text.length() && isDigit(text.charAt(position))) {
            position++;
        }
        if (position == start || position - start > 8) {
            throw failure(start, "expected a number of at most 8 digits");
        }
        return Integer.parseInt(text, start, position, 10);
    }

    private Expression readText() {
        int start = position++;
        StringBuilder characters = new StringBuilder();
        while (position < text.length() && text.charAt(position) != '"') {
            characters.appendCodePoint(readCharacter());
        }
        requireClosed(start, "text", '"');
        return Expression.text(characters.toString());
    }

    private Expression readClass() {
        int start = position++;
        boolean isNegated = position < text.length() && text.charAt(position) == '^';
        position += isNegated ? 1 : 0;
        CodePoints set = CodePoints.NONE;
        while (position < text.length() && text.charAt(position) != ']') {
            int first = readCharacter();
            int last = first;
            if (position + 1 < text.length() && text.charAt(position) == '-' && text.charAt(position + 1) != ']') {
                position++;
                last = readCharacter();
            }
            if (last < first) {
                throw failure(start, "a range of this class runs backwards; write the smaller character first");
            }
            set = set.union(CodePoints.range(first, last));
        }
        requireClosed(start, "class", ']');
        set = isNegated ? set.complement() : set;
        if (set.isEmpty()) {
            throw failure(start, "this class holds no character; write at least one");
        }
        return new Expression.Characters(set);
    }

    private void requireClosed(int start, String what, char end) {
        if (position >= text.length()) {
            throw failure(start, "this %s is not closed; write %s after its last character".formatted(what, end));
        }
        position++;
    }

    private int readCharacter() {
        int character = text.codePointAt(position);
        position += Character.charCount(character);
        if (Character.MIN_SURROGATE <= character && character <= Character.MAX_SURROGATE) {
            throw failure(position - 1, "half a surrogate pair is no character");
        }
        return character == '\\' ? readEscape() : character;
    }

    private int readEscape() {
        int start = position - 1;
        char kind = position < text.length() ? text.charAt(position++) : ' ';
        return switch (kind) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'x' -> readHex(start, 2);
            case 'u' -> readHex(start, 4);
            case 'U' -> readHex(start, 8);
            case '\\', '"', '[', ']', '^', '-' -> kind;
            default ->
                throw failure(start, "unknown escape; there are \\n \\r \\t \\\\ \\\" \\[ \\] \\^ \\- \\x \\u \\U");
        };
    }

    private int readHex(int start, int digits) {
        String hex = position + digits <= text.length() ? text.substring(position, position + digits) : "";
        if (!hex.matches("[0-9a-fA-F]+")) {
            throw failure(start, "this escape needs %d hexadecimal digits".formatted(digits));
        }
        position += digits;
        long character = Long.parseLong(hex, 16);
        boolean isSurrogate = character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
        if (character > Character.MAX_CODE_POINT || isSurrogate) {
            throw failure(start, "U+%X is no character".formatted(character));
        }
        return (int) character;
    }

    private String readName() {
        int start = position;
        while (position < text.length() && isNameCharacter(text.charAt(position))) {
            position++;
        }
        if (position == start) {
            throw failure(
                    start,
                    "expected a rule name, a \"text\", a [class] or a (group), found '%s'"
                            .formatted(Character.toString(text.codePointAt(start))));
        }
        return text.substring(start, position);
    }

    /** A name with {@code ::=} behind it. */
    private boolean isRuleStart() {
        int start = position;
        int end = position;
        while (end < text.length() && isNameCharacter(text.charAt(end))) {
            end++;
        }
        if (end == start) {
            return false;
        }
        position = end;
        skipSpace();
        boolean isDefined = text.startsWith(DEFINES, position);
        position = start;
        return isDefined;
    }

    private static boolean isNameCharacter(char character) {
        return character == '-'
                || character == '_'
                || isDigit(character)
                || (character >= 'a' && character <= 'z')
                || (character >= 'A' && character <= 'Z');
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private void skipSpace() {
        while (position < text.length()) {
            char character = text.charAt(position);
            if (character == '#') {
                int end = text.indexOf('\n', position);
                position = end < 0 ? text.length() : end;
            } else if (" \t\r\n".indexOf(character) >= 0) {
                position++;
            } else {
                return;
            }
        }
    }

    private void skipBlanks() {
        while (position < text.length() && " \t".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    private GrammarException failure(int at, String message) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < at; i++) {
            if (text.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        int column = text.codePointCount(lineStart, at) + 1;
        return new GrammarException("line %d, column %d".formatted(line, column), message);
    }
}

package dev.caravan.engine.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template's source into tokens, with Jinja's rules for white space as chat templates expect them
 * ({@code trim_blocks}, {@code lstrip_blocks}): the newline after a block or comment goes, and so does the indentation in
 * front of one; {@code -} takes all white space on its side, {@code +} forbids taking any.
 */
final class JinjaLexer {

    /** What a token is. */
    enum Kind {
        DATA,
        BLOCK_BEGIN,
        BLOCK_END,
        VARIABLE_BEGIN,
        VARIABLE_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    /** @param text the data, the name, the operator, the number's digits, or the string without quotes */
    record Token(Kind kind, String text, int line) {
        boolean is(Kind expected, String expectedText) {
            return kind == expected && text.equals(expectedText);
        }
    }

    private static final String DIGITS = "[0-9](?:_?[0-9])*";
    private static final Pattern FLOAT = Pattern.compile(
            "(?<!\\.)" + DIGITS + "(?:(?:\\." + DIGITS + ")?[eE][+-]?" + DIGITS + "|\\." + DIGITS + ")");
    private static final Pattern INTEGER =
            Pattern.compile("0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*|0(?:_?0)*");
    private static final Pattern NAME = Pattern.compile("[\\p{L}_\\p{Nl}][\\p{L}\\p{Nl}\\p{Mn}\\p{Mc}\\p{Nd}\\p{Pc}]*");
    private static final Pattern OPERATOR = Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}><=.:|,;]");
    private static final Pattern RAW_BEGIN =
            Pattern.compile("\\{%[-+]?\\s*raw\\s*(-?)%\\}", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern RAW_END =
            Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}", Pattern.UNICODE_CHARACTER_CLASS);

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    /** Whether the text from here stands at the beginning of a line, once a swallowed newline is counted. */
    private boolean startsLine = true;

    private int lineAt;
    private int line = 1;

    private JinjaLexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        JinjaLexer lexer = new JinjaLexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (position < source.length()) {
            int begin = nextTag();
            if (begin < 0) {
                add(Kind.DATA, source.substring(position), position);
                position = source.length();
                break;
            }
            char kind = source.charAt(begin + 1);
            char sign = begin + 2 < source.length() ? source.charAt(begin + 2) : ' ';
            addData(source.substring(position, begin), sign, kind == '{');
            position = begin;
            if (kind == '#') {
                skipComment(begin);
            } else if (kind == '%'
                    && RAW_BEGIN.matcher(source).region(begin, source.length()).lookingAt()) {
                raw();
            } else {
                int signed = sign == '-' || sign == '+' ? 3 : 2;
                add(kind == '%' ? Kind.BLOCK_BEGIN : Kind.VARIABLE_BEGIN, source.substring(begin, begin + 2), begin);
                position = begin + signed;
                code(kind == '%', begin);
            }
        }
        add(Kind.END, "", source.length());
    }

    private int nextTag() {
        for (int i = source.indexOf('{', position); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    /** Text before a tag, less the white space that the tag takes. */
    private void addData(String data, char sign, boolean variable) {
        String kept = data;
        if (sign == '-') {
            kept = PythonStrings.stripEnd(data);
        } else if (sign != '+' && !variable) {
            int lineStart = data.lastIndexOf('\n') + 1;
            boolean blank = PythonStrings.stripEnd(data.substring(lineStart)).isEmpty();
            if ((lineStart > 0 || startsLine) && blank) {
                kept = data.substring(0, lineStart);
            }
        }
        if (!kept.isEmpty()) {
            add(Kind.DATA, kept, position);
        }
    }

    private void skipComment(int begin) {
        char sign = begin + 2 < source.length() ? source.charAt(begin + 2) : ' ';
        int content = begin + (sign == '-' || sign == '+' ? 3 : 2);
        int end = source.indexOf("#}", content);
        if (end < 0) {
            throw new JinjaException("this comment has no end, write #}", lineOf(begin));
        }
        char endSign = end > content ? source.charAt(end - 1) : ' ';
        endTag(end + 2, endSign, true);
    }

    private void raw() {
        Matcher begin = RAW_BEGIN.matcher(source).region(position, source.length());
        Matcher end = RAW_END.matcher(source);
        if (!begin.lookingAt() || !end.find(begin.end())) {
            throw new JinjaException("this raw block has no end, write {% endraw %}", lineOf(position));
        }
        endTag(begin.end(), begin.group(1).isEmpty() ? '+' : '-', false);
        String sign = end.group(1);
        addData(
                source.substring(Math.min(position, end.start()), end.start()),
                sign.isEmpty() ? ' ' : sign.charAt(0),
                false);
        String endSign = end.group(2);
        endTag(end.end(), endSign.isEmpty() ? ' ' : endSign.charAt(0), true);
    }

    /** Goes behind a tag's end and takes the white space that belongs to it. */
    private void endTag(int end, char sign, boolean trimsNewline) {
        position = end;
        if (sign == '-') {
            while (position < source.length() && PythonStrings.isSpace(source.charAt(position))) {
                position++;
            }
        } else if (sign != '+' && trimsNewline && position < source.length() && source.charAt(position) == '\n') {
            position++;
        }
        startsLine = position > 0 && source.charAt(position - 1) == '\n';
    }

    /** The tokens of a block or variable, up to its end. */
    private void code(boolean block, int begin) {
        Deque<Character> brackets = new ArrayDeque<>();
        String end = block ? "%}" : "}}";
        while (true) {
            while (position < source.length() && PythonStrings.isSpace(source.charAt(position))) {
                position++;
            }
            if (position >= source.length()) {
                throw new JinjaException("this tag has no end, write " + end, lineOf(begin));
            }
            char character = source.charAt(position);
            boolean signed = character == '-' || (character == '+' && block);
            if (brackets.isEmpty() && source.startsWith(end, signed ? position + 1 : position)) {
                add(block ? Kind.BLOCK_END : Kind.VARIABLE_END, end, position);
                endTag(position + (signed ? 3 : 2), signed ? character : ' ', block);
                return;
            }
            token(brackets);
        }
    }

    private void token(Deque<Character> brackets) {
        if (match(FLOAT, Kind.FLOAT) || match(INTEGER, Kind.INTEGER) || match(NAME, Kind.NAME)) {
            return;
        }
        char character = source.charAt(position);
        if (character == '\'' || character == '"') {
            string(character);
            return;
        }
        if ("([{".indexOf(character) >= 0) {
            brackets.push(")]}".charAt("([{".indexOf(character)));
        } else if (")]}".indexOf(character) >= 0 && (brackets.isEmpty() || brackets.pop() != character)) {
            throw new JinjaException("unexpected '%s'".formatted(character), lineOf(position));
        }
        if (!match(OPERATOR, Kind.OPERATOR)) {
            throw new JinjaException("unexpected character '%s'".formatted(character), lineOf(position));
        }
    }

    private void string(char quote) {
        int end = position + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw new JinjaException("this string has no end, write " + quote, lineOf(position));
        }
        add(Kind.STRING, PythonStrings.unescape(source.substring(position + 1, end)), position);
        position = end + 1;
    }

    private boolean match(Pattern pattern, Kind kind) {
        Matcher matcher =
                pattern.matcher(source).region(position, source.length()).useTransparentBounds(true);
        if (!matcher.lookingAt()) {
            return false;
        }
        add(kind, matcher.group(), position);
        position = matcher.end();
        return true;
    }

    private void add(Kind kind, String text, int at) {
        tokens.add(new Token(kind, text, lineOf(at)));
    }

    private int lineOf(int at) {
        if (at < lineAt) {
            return (int) source.substring(0, at).chars().filter(c -> c == '\n').count() + 1;
        }
        for (; lineAt < at; lineAt++) {
            line += source.charAt(lineAt) == '\n' ? 1 : 0;
        }
        return line;
    }
}

package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaLexer.Kind;
import dev.caravan.engine.template.JinjaLexer.Token;
import java.util.List;

/** A place in the tokens of a template. */
final class JinjaTokens {
    /** Nested brackets, filters and blocks of a sound template reach ten or so; each takes some stack. */
    private static final int MAX_DEPTH = 150;

    private final List<Token> tokens;
    private int position;
    private int depth;

    JinjaTokens(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(position);
    }

    Token peekSecond() {
        return tokens.get(Math.min(position + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(position);
        if (token.kind() != Kind.END) {
            position++;
        }
        return token;
    }

    boolean isName(String name) {
        return peek().is(Kind.NAME, name);
    }

    boolean isOperator(String operator) {
        return peek().is(Kind.OPERATOR, operator);
    }

    boolean skipName(String name) {
        boolean found = isName(name);
        position += found ? 1 : 0;
        return found;
    }

    boolean skipOperator(String operator) {
        boolean found = isOperator(operator);
        position += found ? 1 : 0;
        return found;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    Token expect(Kind kind, String wanted) {
        if (peek().kind() != kind) {
            throw unexpected(wanted);
        }
        return next();
    }

    String expectName() {
        return expect(Kind.NAME, "a name").text();
    }

    JinjaException unexpected(String wanted) {
        Token token = peek();
        String found = token.kind() == Kind.END ? "the end of the template" : "'" + token.text() + "'";
        return new JinjaException("%s is expected here, not %s".formatted(wanted, found), token.line());
    }

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw new JinjaException("the template is nested deeper than %d".formatted(MAX_DEPTH), peek().line());
        }
    }

    void leave() {
        depth--;
    }
}

package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaLexer.Kind;
import dev.caravan.engine.template.JinjaLexer.Token;
import dev.caravan.engine.template.JinjaSyntax.Expression;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.util.ArrayList;
import java.util.List;

/** Parses expressions, by Jinja's precedence: the loosest first, each method one level. */
final class JinjaExpressions {
    /** Terms of one chain ({@code a + b + ...}); each takes some stack when it is evaluated. */
    private static final int MAX_CHAIN = 400;

    private final JinjaTokens tokens;
    private final JinjaOperands operands;

    JinjaExpressions(JinjaTokens tokens) {
        this.tokens = tokens;
        this.operands = new JinjaOperands(tokens, this);
    }

    /** What operators stand between: names, literals, calls, filters. */
    JinjaOperands operands() {
        return operands;
    }

    Expression expression() {
        tokens.enter();
        Expression value = or();
        while (tokens.skipName("if")) {
            Expression then = value;
            Expression condition = or();
            Expression otherwise = tokens.skipName("else")
                    ? expression()
                    : scope -> new Undefined("the condition of an inline if is false and it has no else");
            value = scope ->
                    JinjaValues.isTrue(condition.evaluate(scope)) ? then.evaluate(scope) : otherwise.evaluate(scope);
        }
        tokens.leave();
        return value;
    }

    /** {@code a, b}: a tuple if there is a comma, else the one expression. */
    Expression tuple(boolean withCondition) {
        List<Expression> items = new ArrayList<>();
        boolean comma = false;
        while (startsExpression()) {
            items.add(withCondition ? expression() : or());
            if (!tokens.skipOperator(",")) {
                break;
            }
            comma = true;
        }
        if (items.isEmpty()) {
            throw tokens.unexpected("an expression");
        }
        return comma ? tupleOf(items) : items.getFirst();
    }

    private boolean startsExpression() {
        Token token = tokens.peek();
        return switch (token.kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !token.text().equals("recursive");
            case OPERATOR -> "([{-+".contains(token.text());
            default -> false;
        };
    }

    static Expression tupleOf(List<Expression> items) {
        return scope -> new Tuple(evaluate(items, scope));
    }

    static List<Object> evaluate(List<Expression> items, JinjaScope scope) {
        scope.run().steps(items.size());
        List<Object> values = new ArrayList<>(items.size());
        items.forEach(item -> values.add(item.evaluate(scope)));
        return values;
    }

    static void limit(JinjaTokens tokens, int chain) {
        if (chain > MAX_CHAIN) {
            throw new JinjaException(
                    "an expression has more than %d terms".formatted(MAX_CHAIN),
                    tokens.peek().line());
        }
    }

    private Expression or() {
        Expression value = and();
        for (int chain = 0; tokens.skipName("or"); limit(tokens, ++chain)) {
            Expression left = value;
            Expression right = and();
            value = scope -> {
                Object first = left.evaluate(scope);
                return JinjaValues.isTrue(first) ? first : right.evaluate(scope);
            };
        }
        return value;
    }

    private Expression and() {
        Expression value = not();
        for (int chain = 0; tokens.skipName("and"); limit(tokens, ++chain)) {
            Expression left = value;
            Expression right = not();
            value = scope -> {
                Object first = left.evaluate(scope);
                return JinjaValues.isTrue(first) ? right.evaluate(scope) : first;
            };
        }
        return value;
    }

    private Expression not() {
        if (tokens.isName("not") && !tokens.peekSecond().is(Kind.NAME, "in")) {
            tokens.next();
            tokens.enter();
            Expression value = not();
            tokens.leave();
            return scope -> !JinjaValues.isTrue(value.evaluate(scope));
        }
        return comparison();
    }

    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> operands = new ArrayList<>();
        for (String operator = comparisonOperator(); !operator.isEmpty(); operator = comparisonOperator()) {
            operators.add(operator);
            operands.add(sum());
        }
        if (operators.isEmpty()) {
            return first;
        }
        return scope -> {
            Object left = first.evaluate(scope);
            for (int i = 0; i < operators.size(); i++) {
                scope.run().step();
                Object right = operands.get(i).evaluate(scope);
                if (!JinjaOperators.compare(operators.get(i), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        };
    }

    /** The comparison that stands here, or nothing. */
    private String comparisonOperator() {
        Token token = tokens.peek();
        if (token.kind() == Kind.OPERATOR
                && List.of("==", "!=", "<", "<=", ">", ">=").contains(token.text())) {
            return tokens.next().text();
        }
        if (tokens.skipName("in")) {
            return "in";
        }
        if (tokens.isName("not") && tokens.peekSecond().is(Kind.NAME, "in")) {
            tokens.next();
            tokens.next();
            return "not in";
        }
        return "";
    }

    private Expression sum() {
        Expression value = concatenation();
        for (int chain = 0; tokens.isOperator("+") || tokens.isOperator("-"); limit(tokens, ++chain)) {
            value = arithmetic(tokens.next().text(), value, concatenation());
        }
        return value;
    }

    private static Expression arithmetic(String operator, Expression left, Expression right) {
        return scope -> {
            scope.run().step();
            return JinjaOperators.arithmetic(scope.run(), operator, left.evaluate(scope), right.evaluate(scope));
        };
    }

    private Expression concatenation() {
        Expression first = product();
        if (!tokens.isOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return scope -> JinjaOperators.join(scope.run(), evaluate(parts, scope), Text.EMPTY);
    }

    private Expression product() {
        Expression value = power();
        for (int chain = 0; isProduct(); limit(tokens, ++chain)) {
            value = arithmetic(tokens.next().text(), value, power());
        }
        return value;
    }

    private boolean isProduct() {
        return tokens.isOperator("*") || tokens.isOperator("/") || tokens.isOperator("//") || tokens.isOperator("%");
    }

    private Expression power() {
        Expression value = unary(true);
        for (int chain = 0; tokens.isOperator("**"); limit(tokens, ++chain)) {
            value = arithmetic(tokens.next().text(), value, unary(true));
        }
        return value;
    }

    private Expression unary(boolean withFilters) {
        tokens.enter();
        Expression value;
        if (tokens.skipOperator("-")) {
            Expression operand = unary(false);
            value = scope -> JinjaOperators.negate(operand.evaluate(scope));
        } else if (tokens.skipOperator("+")) {
            Expression operand = unary(false);
            value = scope -> JinjaValues.isNumber(operand.evaluate(scope))
                    ? operand.evaluate(scope)
                    : JinjaValues.whole(operand.evaluate(scope));
        } else {
            value = operands.primary();
        }
        value = operands.postfix(value);
        value = withFilters ? operands.filters(value) : value;
        tokens.leave();
        return value;
    }
}

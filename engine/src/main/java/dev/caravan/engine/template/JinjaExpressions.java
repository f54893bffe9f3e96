package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaLexer.Kind;
import dev.caravan.engine.template.JinjaLexer.Token;
import dev.caravan.engine.template.JinjaSyntax.Expression;
import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Function;
import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parses expressions, by Jinja's precedence: the loosest first, each method one level. */
final class JinjaExpressions {
    /** Terms of one chain ({@code a + b + ...}); each takes some stack when it is evaluated. */
    private static final int MAX_CHAIN = 400;

    private final JinjaTokens tokens;
    /** All names that were read: a macro learns from it whether it uses {@code varargs} or {@code kwargs}. */
    private Set<String> names = new HashSet<>();

    JinjaExpressions(JinjaTokens tokens) {
        this.tokens = tokens;
    }

    /** Starts a fresh list of names and gives the old one. */
    Set<String> exchangeNames(Set<String> fresh) {
        Set<String> old = names;
        names = fresh;
        return old;
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

    private static Expression tupleOf(List<Expression> items) {
        return scope -> new Tuple(evaluate(items, scope));
    }

    private static List<Object> evaluate(List<Expression> items, JinjaScope scope) {
        scope.run().steps(items.size());
        List<Object> values = new ArrayList<>(items.size());
        items.forEach(item -> values.add(item.evaluate(scope)));
        return values;
    }

    private void limit(int chain) {
        if (chain > MAX_CHAIN) {
            throw new JinjaException(
                    "an expression has more than %d terms".formatted(MAX_CHAIN),
                    tokens.peek().line());
        }
    }

    private Expression or() {
        Expression value = and();
        for (int chain = 0; tokens.skipName("or"); limit(++chain)) {
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
        for (int chain = 0; tokens.skipName("and"); limit(++chain)) {
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
        for (int chain = 0; tokens.isOperator("+") || tokens.isOperator("-"); limit(++chain)) {
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
        for (int chain = 0; isProduct(); limit(++chain)) {
            value = arithmetic(tokens.next().text(), value, power());
        }
        return value;
    }

    private boolean isProduct() {
        return tokens.isOperator("*") || tokens.isOperator("/") || tokens.isOperator("//") || tokens.isOperator("%");
    }

    private Expression power() {
        Expression value = unary(true);
        for (int chain = 0; tokens.isOperator("**"); limit(++chain)) {
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
            value = primary();
        }
        value = postfix(value);
        value = withFilters ? filters(value) : value;
        tokens.leave();
        return value;
    }

    private Expression primary() {
        Token token = tokens.peek();
        return switch (token.kind()) {
            case NAME -> name(tokens.next().text());
            case STRING -> string();
            case INTEGER -> constant(whole(tokens.next().text()));
            case FLOAT -> constant(Double.valueOf(tokens.next().text().replace("_", "")));
            default -> {
                if (tokens.skipOperator("(")) {
                    Expression inner = tokens.isOperator(")") ? tupleOf(List.of()) : tuple(true);
                    tokens.expectOperator(")");
                    yield inner;
                }
                if (tokens.skipOperator("[")) {
                    List<Expression> items = list("]");
                    yield scope -> evaluate(items, scope);
                }
                if (tokens.skipOperator("{")) {
                    yield dictionary();
                }
                throw tokens.unexpected("an expression");
            }
        };
    }

    private static Expression constant(Object value) {
        return scope -> value;
    }

    private Expression name(String name) {
        return switch (name) {
            case "true", "True" -> constant(true);
            case "false", "False" -> constant(false);
            case "none", "None" -> constant(None.NONE);
            default -> {
                names.add(name);
                yield scope -> scope.get(name);
            }
        };
    }

    private Expression string() {
        StringBuilder value = new StringBuilder();
        while (tokens.peek().kind() == Kind.STRING) {
            value.append(tokens.next().text());
        }
        return constant(Text.trusted(value.toString()));
    }

    private static BigInteger whole(String digits) {
        String plain = digits.replace("_", "");
        int radix = plain.length() < 2
                ? 10
                : switch (plain.charAt(1)) {
                    case 'x', 'X' -> 16;
                    case 'o', 'O' -> 8;
                    case 'b', 'B' -> 2;
                    default -> 10;
                };
        return new BigInteger(radix == 10 ? plain : plain.substring(2), radix);
    }

    private List<Expression> list(String close) {
        List<Expression> items = new ArrayList<>();
        while (!tokens.isOperator(close)) {
            items.add(expression());
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator(close);
        return items;
    }

    private Expression dictionary() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.isOperator("}")) {
            keys.add(expression());
            tokens.expectOperator(":");
            values.add(expression());
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator("}");
        return scope -> {
            Map<Object, Object> entries = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                scope.run().step();
                entries.put(keys.get(i).evaluate(scope), values.get(i).evaluate(scope));
            }
            return entries;
        };
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        for (int chain = 0; ; limit(++chain)) {
            Expression inner = value;
            if (tokens.skipOperator(".")) {
                value = dotted(inner);
            } else if (tokens.skipOperator("[")) {
                value = subscript(inner);
            } else if (tokens.isOperator("(")) {
                value = call(inner);
            } else {
                return value;
            }
        }
    }

    private Expression dotted(Expression inner) {
        if (tokens.peek().kind() == Kind.INTEGER) {
            BigInteger index = whole(tokens.next().text());
            return scope -> JinjaAttributes.item(inner.evaluate(scope), index);
        }
        String name = tokens.expectName();
        return scope -> {
            scope.run().step();
            return JinjaAttributes.attribute(inner.evaluate(scope), name);
        };
    }

    private Expression subscript(Expression inner) {
        Expression start = tokens.isOperator(":") ? constant(None.NONE) : expression();
        if (!tokens.isOperator(":")) {
            tokens.expectOperator("]");
            return scope -> {
                scope.run().step();
                return JinjaAttributes.item(inner.evaluate(scope), start.evaluate(scope));
            };
        }
        tokens.next();
        Expression stop = bound();
        Expression step = tokens.skipOperator(":") ? bound() : constant(None.NONE);
        tokens.expectOperator("]");
        return scope -> JinjaOperators.slice(
                scope.run(), inner.evaluate(scope), start.evaluate(scope), stop.evaluate(scope), step.evaluate(scope));
    }

    private Expression bound() {
        return tokens.isOperator(":") || tokens.isOperator("]") ? constant(None.NONE) : expression();
    }

    private Expression call(Expression callee) {
        CallArguments arguments = arguments();
        return scope -> {
            scope.run().step();
            Object function = callee.evaluate(scope);
            return invoke(scope, function, arguments.evaluate(scope));
        };
    }

    static Object invoke(JinjaScope scope, Object function, Arguments arguments) {
        if (function instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(function instanceof Function callable)) {
            throw new JinjaException("%s cannot be called".formatted(JinjaValues.typeName(function)));
        }
        scope.run().enter();
        Object result = callable.call(scope, arguments);
        scope.run().leave();
        return result;
    }

    /** The arguments of a call as they are written. */
    record CallArguments(
            List<Expression> positional,
            List<Expression> unpacked,
            Map<String, Expression> named,
            List<Expression> maps) {
        Arguments evaluate(JinjaScope scope) {
            List<Object> values = JinjaExpressions.evaluate(positional, scope);
            unpacked.forEach(list -> values.addAll(JinjaValues.items(list.evaluate(scope))));
            Map<String, Object> byName = new LinkedHashMap<>();
            named.forEach((name, value) -> byName.put(name, value.evaluate(scope)));
            for (Expression map : maps) {
                if (!(map.evaluate(scope) instanceof Map<?, ?> entries)) {
                    throw new JinjaException("** takes a dictionary");
                }
                entries.forEach(
                        (key, value) -> byName.put(JinjaValues.string(key).value(), value));
            }
            return new Arguments(values, byName);
        }
    }

    /** {@code (a, *b, c=d, **e)}. */
    CallArguments arguments() {
        CallArguments arguments =
                new CallArguments(new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>(), new ArrayList<>());
        tokens.expectOperator("(");
        while (!tokens.isOperator(")")) {
            if (tokens.skipOperator("*")) {
                arguments.unpacked.add(expression());
            } else if (tokens.skipOperator("**")) {
                arguments.maps.add(expression());
            } else if (tokens.peek().kind() == Kind.NAME && tokens.peekSecond().is(Kind.OPERATOR, "=")) {
                String name = tokens.expectName();
                tokens.expectOperator("=");
                arguments.named.put(name, expression());
            } else {
                arguments.positional.add(expression());
            }
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator(")");
        return arguments;
    }

    private Expression filters(Expression start) {
        Expression value = start;
        for (int chain = 0; ; limit(++chain)) {
            if (tokens.isOperator("|")) {
                value = filter(value);
            } else if (tokens.skipName("is")) {
                value = test(value);
            } else if (tokens.isOperator("(")) {
                value = call(value);
            } else {
                return value;
            }
        }
    }

    /** {@code | name(arguments)}, once. */
    Expression filter(Expression input) {
        tokens.expectOperator("|");
        return namedFilter(input);
    }

    Expression namedFilter(Expression input) {
        String name = tokens.expectName();
        CallArguments arguments =
                tokens.isOperator("(") ? arguments() : new CallArguments(List.of(), List.of(), Map.of(), List.of());
        return scope -> {
            scope.run().step();
            return JinjaFilters.apply(scope, name, input.evaluate(scope), arguments.evaluate(scope));
        };
    }

    private Expression test(Expression value) {
        boolean negated = tokens.skipName("not");
        String name = tokens.expectName();
        CallArguments arguments;
        if (tokens.isOperator("(")) {
            arguments = arguments();
        } else if (startsTestArgument()) {
            arguments = new CallArguments(List.of(postfix(primary())), List.of(), Map.of(), List.of());
        } else {
            arguments = new CallArguments(List.of(), List.of(), Map.of(), List.of());
        }
        return scope -> {
            scope.run().step();
            return negated != JinjaTests.test(scope, name, value.evaluate(scope), arguments.evaluate(scope));
        };
    }

    private boolean startsTestArgument() {
        Token token = tokens.peek();
        return switch (token.kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME ->
                !Set.of("else", "or", "and", "is", "if", "not", "in", "recursive")
                        .contains(token.text());
            case OPERATOR -> token.text().equals("[") || token.text().equals("{");
            default -> false;
        };
    }
}

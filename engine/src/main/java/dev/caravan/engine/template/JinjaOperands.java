package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaLexer.Kind;
import dev.caravan.engine.template.JinjaLexer.Token;
import dev.caravan.engine.template.JinjaSyntax.Expression;
import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Function;
import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parses what stands between operators: names, literals, brackets, attributes, calls, filters and tests. */
final class JinjaOperands {
    private final JinjaTokens tokens;
    private final JinjaExpressions expressions;
    /** All names that were read: a macro learns from it whether it uses {@code varargs} or {@code kwargs}. */
    private Set<String> names = new HashSet<>();

    JinjaOperands(JinjaTokens tokens, JinjaExpressions expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** Starts a fresh list of names and gives the old one. */
    Set<String> exchangeNames(Set<String> fresh) {
        Set<String> old = names;
        names = fresh;
        return old;
    }

    Expression primary() {
        Token token = tokens.peek();
        return switch (token.kind()) {
            case NAME -> name(tokens.next().text());
            case STRING -> string();
            case INTEGER -> constant(whole(tokens.next().text()));
            case FLOAT -> constant(Double.valueOf(tokens.next().text().replace("_", "")));
            default -> {
                if (tokens.skipOperator("(")) {
                    Expression inner =
                            tokens.isOperator(")") ? JinjaExpressions.tupleOf(List.of()) : expressions.tuple(true);
                    tokens.expectOperator(")");
                    yield inner;
                }
                if (tokens.skipOperator("[")) {
                    List<Expression> items = list("]");
                    yield scope -> JinjaExpressions.evaluate(items, scope);
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
            items.add(expressions.expression());
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
            keys.add(expressions.expression());
            tokens.expectOperator(":");
            values.add(expressions.expression());
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

    Expression postfix(Expression start) {
        Expression value = start;
        for (int chain = 0; ; JinjaExpressions.limit(tokens, ++chain)) {
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
        Expression start = tokens.isOperator(":") ? constant(None.NONE) : expressions.expression();
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
        return tokens.isOperator(":") || tokens.isOperator("]") ? constant(None.NONE) : expressions.expression();
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
                arguments.unpacked.add(expressions.expression());
            } else if (tokens.skipOperator("**")) {
                arguments.maps.add(expressions.expression());
            } else if (tokens.peek().kind() == Kind.NAME && tokens.peekSecond().is(Kind.OPERATOR, "=")) {
                String name = tokens.expectName();
                tokens.expectOperator("=");
                arguments.named.put(name, expressions.expression());
            } else {
                arguments.positional.add(expressions.expression());
            }
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator(")");
        return arguments;
    }

    Expression filters(Expression start) {
        Expression value = start;
        for (int chain = 0; ; JinjaExpressions.limit(tokens, ++chain)) {
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

package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaLexer.Kind;
import dev.caravan.engine.template.JinjaLexer.Token;
import dev.caravan.engine.template.JinjaOperands.CallArguments;
import dev.caravan.engine.template.JinjaSyntax.Body;
import dev.caravan.engine.template.JinjaSyntax.Expression;
import dev.caravan.engine.template.JinjaSyntax.Flow;
import dev.caravan.engine.template.JinjaSyntax.Statement;
import dev.caravan.engine.template.JinjaSyntax.Target;
import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Namespace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parses the statements of a template. */
final class JinjaParser {
    private final JinjaTokens tokens;
    private final JinjaExpressions expressions;
    private int loops;

    private JinjaParser(List<Token> tokens) {
        this.tokens = new JinjaTokens(tokens);
        this.expressions = new JinjaExpressions(this.tokens);
    }

    static Body parse(String template) {
        JinjaParser parser = new JinjaParser(JinjaLexer.tokens(template));
        Body body = parser.body();
        if (parser.tokens.peek().kind() != Kind.END) {
            throw parser.tokens.unexpected("another statement");
        }
        return body;
    }

    /** Statements up to a block whose name is one of these; that block's name is still to be read. */
    private Body body(String... ends) {
        tokens.enter();
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = tokens.peek();
            if (token.kind() == Kind.DATA) {
                Text data = Text.trusted(tokens.next().text());
                statements.add((scope, out) -> write(scope, out, data));
            } else if (token.kind() == Kind.VARIABLE_BEGIN) {
                tokens.next();
                Expression value = expressions.tuple(true);
                tokens.expect(Kind.VARIABLE_END, "'}}'");
                statements.add(atLine(
                        token.line(), (scope, out) -> write(scope, out, JinjaValues.string(value.evaluate(scope)))));
            } else if (token.kind() == Kind.BLOCK_BEGIN) {
                tokens.next();
                if (List.of(ends).contains(tokens.peek().text())) {
                    break;
                }
                statements.add(atLine(token.line(), statement()));
            } else if (ends.length == 0) {
                break;
            } else {
                throw tokens.unexpected("{% " + ends[ends.length - 1] + " %}");
            }
        }
        tokens.leave();
        return new Body(statements);
    }

    private static Flow write(JinjaScope scope, Text.Builder out, Text text) {
        scope.run().characters(text.length());
        out.append(text);
        return Flow.NEXT;
    }

    private static Statement atLine(int line, Statement statement) {
        return (scope, out) -> {
            try {
                return statement.run(scope, out);
            } catch (JinjaException failure) {
                throw failure.at(line);
            }
        };
    }

    private Statement statement() {
        Token token = tokens.expect(Kind.NAME, "a statement");
        return switch (token.text()) {
            case "if" -> conditional();
            case "for" -> loop();
            case "set" -> assignment();
            case "macro" -> macro();
            case "call" -> callBlock();
            case "filter" -> filterBlock();
            case "with" -> withBlock();
            case "generation" -> {
                endTag();
                Body body = enclosed("endgeneration");
                yield (scope, out) -> body.run(new JinjaScope(scope), out);
            }
            case "break", "continue" -> {
                if (loops == 0) {
                    throw new JinjaException(token.text() + " stands outside of a loop", token.line());
                }
                endTag();
                Flow flow = token.text().equals("break") ? Flow.BREAK : Flow.CONTINUE;
                yield (scope, out) -> flow;
            }
            default ->
                throw new JinjaException("the statement '%s' is not supported".formatted(token.text()), token.line());
        };
    }

    private void endTag() {
        tokens.expect(Kind.BLOCK_END, "'%}'");
    }

    private Body enclosed(String end) {
        Body body = body(end);
        tokens.next();
        endTag();
        return body;
    }

    private Statement conditional() {
        List<Expression> conditions = new ArrayList<>();
        List<Body> branches = new ArrayList<>();
        String name = "if";
        while (!name.equals("endif")) {
            if (!name.equals("else")) {
                conditions.add(expressions.tuple(true));
            }
            endTag();
            branches.add(name.equals("else") ? body("endif") : body("elif", "else", "endif"));
            name = tokens.expectName();
        }
        endTag();
        return (scope, out) -> {
            for (int i = 0; i < conditions.size(); i++) {
                if (JinjaValues.isTrue(conditions.get(i).evaluate(scope))) {
                    return branches.get(i).run(scope, out);
                }
            }
            return branches.size() > conditions.size() ? branches.getLast().run(scope, out) : Flow.NEXT;
        };
    }

    private Statement loop() {
        Target target = target();
        if (!tokens.skipName("in")) {
            throw tokens.unexpected("'in'");
        }
        Expression items = expressions.tuple(false);
        Expression filter = tokens.skipName("if") ? expressions.expression() : scope -> true;
        boolean recursive = tokens.skipName("recursive");
        endTag();
        loops++;
        Body body = body("else", "endfor");
        loops--;
        Body otherwise = new Body(List.of());
        if (tokens.skipName("else")) {
            endTag();
            otherwise = body("endfor");
        }
        tokens.next();
        endTag();
        return new JinjaLoop(target, items, filter, recursive, body, otherwise);
    }

    private Target target() {
        List<Target> parts = new ArrayList<>();
        boolean bracket = tokens.skipOperator("(");
        boolean comma = false;
        do {
            parts.add(tokens.isOperator("(") ? target() : nameTarget());
            comma |= tokens.isOperator(",");
        } while (tokens.skipOperator(",") && tokens.peek().kind() == Kind.NAME);
        if (bracket) {
            tokens.expectOperator(")");
        }
        return comma ? (scope, value) -> unpack(parts, scope, value) : parts.getFirst();
    }

    private Target nameTarget() {
        String name = tokens.expectName();
        if (!tokens.skipOperator(".")) {
            return (scope, value) -> scope.set(name, value);
        }
        String attribute = tokens.expectName();
        if (attribute.startsWith("_")) {
            throw new JinjaException(
                    "the attribute '%s' cannot be set".formatted(attribute),
                    tokens.peek().line());
        }
        return (scope, value) -> {
            if (!(scope.get(name) instanceof Namespace namespace)) {
                throw new JinjaException("only attributes of a namespace can be set, and '%s' is none".formatted(name));
            }
            namespace.values().put(attribute, value);
        };
    }

    private static void unpack(List<Target> parts, JinjaScope scope, Object value) {
        List<Object> items = JinjaValues.items(value);
        if (items.size() != parts.size()) {
            throw new JinjaException(
                    "%d values cannot be unpacked into %d names".formatted(items.size(), parts.size()));
        }
        for (int i = 0; i < items.size(); i++) {
            parts.get(i).assign(scope, items.get(i));
        }
    }

    private Statement assignment() {
        Target target = target();
        if (tokens.skipOperator("=")) {
            Expression value = expressions.tuple(true);
            endTag();
            return (scope, out) -> {
                target.assign(scope, value.evaluate(scope));
                return Flow.NEXT;
            };
        }
        JinjaFilterChain filters = filterChain(tokens.isOperator("|"));
        endTag();
        Body body = enclosed("endset");
        return (scope, out) -> {
            target.assign(scope, filters.apply(scope, body.capture(new JinjaScope(scope))));
            return Flow.NEXT;
        };
    }

    /** Filters that are applied to a block's output. */
    private interface JinjaFilterChain {
        Object apply(JinjaScope scope, Object value);
    }

    private JinjaFilterChain filterChain(boolean any) {
        String slot = "the block's output"; // not a name that a template can write
        Expression value = scope -> scope.get(slot);
        if (any) {
            value = tokens.isOperator("|")
                    ? expressions.operands().filter(value)
                    : expressions.operands().namedFilter(value);
            while (tokens.isOperator("|")) {
                value = expressions.operands().filter(value);
            }
        }
        Expression chain = value;
        return (scope, input) -> {
            JinjaScope inner = new JinjaScope(scope);
            inner.set(slot, input);
            return chain.evaluate(inner);
        };
    }

    private Statement filterBlock() {
        JinjaFilterChain filters = filterChain(true);
        endTag();
        Body body = enclosed("endfilter");
        return (scope, out) ->
                write(scope, out, JinjaValues.string(filters.apply(scope, body.capture(new JinjaScope(scope)))));
    }

    private Statement withBlock() {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (tokens.peek().kind() != Kind.BLOCK_END) {
            targets.add(nameTarget());
            tokens.expectOperator("=");
            values.add(expressions.expression());
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        endTag();
        Body body = enclosed("endwith");
        return (scope, out) -> {
            JinjaScope inner = new JinjaScope(scope);
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(inner, values.get(i).evaluate(scope));
            }
            return body.run(inner, out);
        };
    }

    private Statement macro() {
        String name = tokens.expectName();
        List<JinjaMacro.Parameter> parameters = parameters();
        endTag();
        JinjaMacro macro = macro(name, parameters, "endmacro");
        return (scope, out) -> {
            scope.set(name, macro.bind(scope));
            return Flow.NEXT;
        };
    }

    private JinjaMacro macro(String name, List<JinjaMacro.Parameter> parameters, String end) {
        int outerLoops = loops;
        loops = 0;
        Set<String> outerNames = expressions.operands().exchangeNames(new HashSet<>());
        Body body = enclosed(end);
        Set<String> names = expressions.operands().exchangeNames(outerNames);
        outerNames.addAll(names);
        loops = outerLoops;
        return new JinjaMacro(name, parameters, body, names.contains("varargs"), names.contains("kwargs"));
    }

    private List<JinjaMacro.Parameter> parameters() {
        List<JinjaMacro.Parameter> parameters = new ArrayList<>();
        tokens.expectOperator("(");
        while (!tokens.isOperator(")")) {
            String name = tokens.expectName();
            Expression initial = tokens.skipOperator("=")
                    ? expressions.expression()
                    : scope -> new JinjaTypes.Undefined("parameter '%s' was not provided".formatted(name));
            parameters.add(new JinjaMacro.Parameter(name, initial));
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator(")");
        return parameters;
    }

    private Statement callBlock() {
        List<JinjaMacro.Parameter> parameters = tokens.isOperator("(") ? parameters() : List.of();
        String name = tokens.expectName();
        CallArguments arguments = expressions.operands().arguments();
        endTag();
        JinjaMacro caller = macro("caller", parameters, "endcall");
        return (scope, out) -> {
            Arguments given = arguments.evaluate(scope);
            Map<String, Object> named = new LinkedHashMap<>(given.named());
            named.put("caller", caller.bind(scope));
            Object result = JinjaOperands.invoke(scope, scope.get(name), new Arguments(given.positional(), named));
            return write(scope, out, JinjaValues.string(result));
        };
    }
}

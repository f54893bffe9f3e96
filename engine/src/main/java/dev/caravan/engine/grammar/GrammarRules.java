package dev.caravan.engine.grammar;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The rules of a grammar while it is made: equal expressions share one. */
final class GrammarRules {
    private static final String ROOT = "root";

    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private final Map<Expression, Expression> shared = new HashMap<>();

    /** A reference to a rule that {@link #define} will write. */
    Expression declare(String name) {
        return new Expression.Reference(name);
    }

    void define(String name, Expression expression) {
        rules.put(name, expression);
    }

    /** Whether the rule has not been written yet. */
    boolean isMissing(String name) {
        return !rules.containsKey(name);
    }

    /** A reference to a rule of this expression. */
    Expression rule(String name, Expression expression) {
        return shared.computeIfAbsent(expression, key -> {
            String numbered = name + "-" + shared.size();
            rules.put(numbered, expression);
            return new Expression.Reference(numbered);
        });
    }

    Grammar grammar(Expression start) {
        rules.put(ROOT, start);
        return new Grammar(rules, ROOT);
    }
}

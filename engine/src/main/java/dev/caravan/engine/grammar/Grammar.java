package dev.caravan.engine.grammar;

import dev.caravan.engine.grammar.Expression.Characters;
import dev.caravan.engine.grammar.Expression.Choice;
import dev.caravan.engine.grammar.Expression.Reference;
import dev.caravan.engine.grammar.Expression.Repeat;
import dev.caravan.engine.grammar.Expression.Sequence;
import dev.caravan.engine.grammar.Expression.Text;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A context-free grammar over Unicode text: named rules, of which one is the root. Checked when it is made: every rule
 * that is used exists, and none begins with itself. Immutable and thread-safe.
 */
public final class Grammar {

    /** More rules than a schema with a thousand properties needs. */
    static final int MAX_RULES = 8192;

    private final Map<String, Expression> rules;
    private final String root;
    private final Set<String> emptyRules;

    /** @throws GrammarException if a rule is missing or begins with itself */
    Grammar(Map<String, Expression> rules, String root) {
        this.rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
        this.root = root;
        if (rules.size() > MAX_RULES) {
            throw new GrammarException(
                    "", "the grammar has %d rules; at most %d are supported".formatted(rules.size(), MAX_RULES));
        }
        requireRulesExist();
        this.emptyRules = findEmptyRules();
        refuseLeftRecursion();
    }

    /**
     * Reads GBNF, the notation of llama.cpp's grammars.
     *
     * @throws GrammarException with line and column if the text is no grammar, is too large or too deeply nested
     */
    public static Grammar parse(String gbnf) {
        return new GbnfParser(gbnf).parse();
    }

    Map<String, Expression> rules() {
        return rules;
    }

    String root() {
        return root;
    }

    Expression rule(String name) {
        Expression expression = rules.get(name);
        if (expression == null) {
            throw new GrammarException("", "there is no rule '%s'; write one".formatted(name));
        }
        return expression;
    }

    /** Whether the expression may match nothing at all. */
    boolean matchesEmpty(Expression expression) {
        return matchesEmpty(expression, emptyRules);
    }

    private void requireRulesExist() {
        rule(root);
        rules.forEach((name, expression) -> {
            for (String used : references(expression)) {
                if (!rules.containsKey(used)) {
                    throw new GrammarException(
                            "", "rule '%s' uses '%s', which there is not; write that rule".formatted(name, used));
                }
            }
        });
    }

    private static Set<String> references(Expression expression) {
        Set<String> found = new LinkedHashSet<>();
        Deque<Expression> pending = new ArrayDeque<>(List.of(expression));
        while (!pending.isEmpty()) {
            switch (pending.pop()) {
                case Text text -> {}
                case Characters characters -> {}
                case Sequence sequence -> pending.addAll(sequence.parts());
                case Choice choice -> pending.addAll(choice.options());
                case Repeat repeat -> pending.add(repeat.body());
                case Reference reference -> found.add(reference.rule());
            }
        }
        return found;
    }

    private Set<String> findEmptyRules() {
        Map<String, List<String>> users = new HashMap<>();
        rules.forEach((name, expression) -> references(expression)
                .forEach(used ->
                        users.computeIfAbsent(used, key -> new ArrayList<>()).add(name)));
        Set<String> empty = new HashSet<>();
        Deque<String> pending = new ArrayDeque<>(rules.keySet());
        while (!pending.isEmpty()) {
            String name = pending.pop();
            if (!empty.contains(name) && matchesEmpty(rule(name), empty)) {
                empty.add(name);
                pending.addAll(users.getOrDefault(name, List.of()));
            }
        }
        return empty;
    }

    private static boolean matchesEmpty(Expression expression, Set<String> emptyRules) {
        return switch (expression) {
            case Text text -> text.text().isEmpty();
            case Characters characters -> false;
            case Sequence sequence -> sequence.parts().stream().allMatch(part -> matchesEmpty(part, emptyRules));
            case Choice choice -> choice.options().stream().anyMatch(option -> matchesEmpty(option, emptyRules));
            case Repeat repeat -> repeat.min() == 0 || matchesEmpty(repeat.body(), emptyRules);
            case Reference reference -> emptyRules.contains(reference.rule());
        };
    }

    /** A rule that begins with itself could be entered for ever without a character being read. */
    private void refuseLeftRecursion() {
        Map<String, Set<String>> beginnings = new HashMap<>();
        rules.forEach((name, expression) -> {
            Set<String> first = new LinkedHashSet<>();
            collectBeginnings(expression, first);
            beginnings.put(name, first);
        });
        Set<String> finished = new HashSet<>();
        for (String name : rules.keySet()) {
            String recursive = recursiveRule(name, beginnings, finished);
            if (recursive != null) {
                throw new GrammarException(
                        "",
                        ("rule '%s' begins with itself (left recursion); write it as a repetition,"
                                        + " for example item (\",\" item)*")
                                .formatted(recursive));
            }
        }
    }

    private void collectBeginnings(Expression expression, Set<String> found) {
        switch (expression) {
            case Text text -> {}
            case Characters characters -> {}
            case Sequence sequence -> {
                for (Expression part : sequence.parts()) {
                    collectBeginnings(part, found);
                    if (!matchesEmpty(part)) {
                        return;
                    }
                }
            }
            case Choice choice -> choice.options().forEach(option -> collectBeginnings(option, found));
            case Repeat repeat -> collectBeginnings(repeat.body(), found);
            case Reference reference -> found.add(reference.rule());
        }
    }

    /** Depth first with a stack of its own: chains of rules may be long. */
    private static @Nullable String recursiveRule(
            String start, Map<String, Set<String>> beginnings, Set<String> finished) {
        Set<String> open = new HashSet<>();
        Deque<String> path = new ArrayDeque<>(List.of(start));
        while (!path.isEmpty()) {
            String name = path.peek();
            if (finished.contains(name)) {
                path.pop();
            } else if (!open.add(name)) {
                path.pop();
                open.remove(name);
                finished.add(name);
            } else {
                for (String next : beginnings.getOrDefault(name, Set.of())) {
                    if (open.contains(next)) {
                        return next;
                    }
                    if (!finished.contains(next)) {
                        path.push(next);
                    }
                }
            }
        }
        return null;
    }
}

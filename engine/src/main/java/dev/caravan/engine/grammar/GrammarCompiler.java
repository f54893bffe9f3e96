package dev.caravan.engine.grammar;

import static dev.caravan.engine.grammar.Expression.UNBOUNDED;

import dev.caravan.engine.grammar.Expression.Characters;
import dev.caravan.engine.grammar.Expression.Choice;
import dev.caravan.engine.grammar.Expression.Reference;
import dev.caravan.engine.grammar.Expression.Repeat;
import dev.caravan.engine.grammar.Expression.Sequence;
import dev.caravan.engine.grammar.Expression.Text;
import dev.caravan.engine.grammar.Network.Call;
import dev.caravan.engine.grammar.Network.Count;
import dev.caravan.engine.grammar.Network.End;
import dev.caravan.engine.grammar.Network.Node;
import dev.caravan.engine.grammar.Network.Read;
import dev.caravan.engine.grammar.Network.Split;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes a {@link Network} of a grammar, each expression from its end to its beginning. Rules that match a few bytes only
 * are written out where they are used, because a mask ends where a rule ends ({@link TokenGrammar}). For one grammar and
 * one thread.
 */
final class GrammarCompiler {
    static final int MAX_NODES = 1 << 18;

    /** Counted bodies that are no larger than this, times their count, are written out. */
    private static final int UNROLLED_NODES = 12;

    /** A counted body that may be empty cannot be counted; it is written out up to this often. */
    private static final int UNROLLED_TIMES = 64;

    private final Grammar grammar;
    private final RuleSizes sizes;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Integer> ruleNumbers = new LinkedHashMap<>();
    private final List<String> pendingRules = new ArrayList<>();

    private GrammarCompiler(Grammar grammar) {
        this.grammar = grammar;
        this.sizes = new RuleSizes(grammar);
    }

    /** @throws GrammarException if the grammar is too large or can never end */
    static Network compile(Grammar grammar) {
        return new GrammarCompiler(grammar).compile();
    }

    private Network compile() {
        ruleNumber(grammar.root());
        List<Integer> starts = new ArrayList<>();
        for (int rule = 0; rule < pendingRules.size(); rule++) {
            String name = pendingRules.get(rule);
            starts.add(compile(grammar.rule(name), add(new End(false))));
        }
        Node[] linked = nodes.toArray(Node[]::new);
        for (int node = 0; node < linked.length; node++) {
            if (linked[node] instanceof Call(int rule, int target, boolean isLast)) {
                linked[node] = new Call(starts.get(rule), target, isLast);
            }
        }
        int[] heights = NodeHeights.of(linked);
        if (heights[starts.getFirst()] >= Automaton.MAX_DEPTH) {
            throw new GrammarException(
                    "",
                    "no answer can ever end: what rule '%s' needs needs itself again, or is nested more than %d deep; give it a way out"
                            .formatted(grammar.root(), Automaton.MAX_DEPTH));
        }
        int[] classes = new int[256];
        int classCount = ByteClasses.fill(linked, classes);
        return new Network(linked, heights, classes, classCount, starts.getFirst());
    }

    private int ruleNumber(String name) {
        Integer known = ruleNumbers.get(name);
        if (known != null) {
            return known;
        }
        ruleNumbers.put(name, pendingRules.size());
        pendingRules.add(name);
        return pendingRules.size() - 1;
    }

    private int add(Node node) {
        if (nodes.size() >= MAX_NODES) {
            throw new GrammarException(
                    "", "the grammar is too large: it has more than %d steps; make it simpler".formatted(MAX_NODES));
        }
        nodes.add(node);
        return nodes.size() - 1;
    }

    /** The first node of an expression that goes on at {@code next}. */
    private int compile(Expression expression, int next) {
        return switch (expression) {
            case Text text -> readBytes(text.text().getBytes(StandardCharsets.UTF_8), 0, next);
            case Characters characters -> readCharacter(characters.set(), next);
            case Sequence sequence -> {
                int first = next;
                for (Expression part : sequence.parts().reversed()) {
                    first = compile(part, first);
                }
                yield first;
            }
            case Choice choice -> choose(choice.options(), next);
            case Repeat repeat -> repeat(repeat, next);
            case Reference reference ->
                sizes.isSmall(reference.rule())
                        ? compile(grammar.rule(reference.rule()), next)
                        : add(new Call(ruleNumber(reference.rule()), next, isRuleEnd(next)));
        };
    }

    /** Ends of counted bodies are not ends of rules: what follows them depends on a count. */
    private boolean isRuleEnd(int node) {
        return nodes.get(node) instanceof End end && !end.isOfBody();
    }

    private int readBytes(byte[] bytes, int from, int next) {
        int first = next;
        for (int i = bytes.length - 1; i >= from; i--) {
            int value = bytes[i] & 0xFF;
            first = add(new Read(new int[] {value}, new int[] {value}, new int[] {first}));
        }
        return first;
    }

    private int readCharacter(CodePoints set, int next) {
        Map<String, Integer> tails = new HashMap<>();
        List<int[]> edges = new ArrayList<>();
        for (Utf8Sequences.ByteRanges sequence : Utf8Sequences.of(set)) {
            int target = next;
            StringBuilder tail = new StringBuilder();
            for (int i = sequence.first().length - 1; i > 0; i--) {
                int low = sequence.first()[i];
                int high = sequence.last()[i];
                int following = target;
                tail.append((char) low).append((char) high);
                target = tails.computeIfAbsent(
                        tail.toString(),
                        key -> add(new Read(new int[] {low}, new int[] {high}, new int[] {following})));
            }
            edges.add(new int[] {sequence.first()[0], sequence.last()[0], target});
        }
        return add(read(edges));
    }

    private static Read read(List<int[]> edges) {
        return new Read(
                edges.stream().mapToInt(edge -> edge[0]).toArray(),
                edges.stream().mapToInt(edge -> edge[1]).toArray(),
                edges.stream().mapToInt(edge -> edge[2]).toArray());
    }

    /** All texts among the options share their beginnings, so that a thousand of them are one way at a time. */
    private int choose(List<Expression> options, int next) {
        List<byte[]> texts = new ArrayList<>();
        CodePoints characters = CodePoints.NONE;
        List<Integer> targets = new ArrayList<>();
        for (Expression option : options) {
            switch (option) {
                case Text text -> texts.add(text.text().getBytes(StandardCharsets.UTF_8));
                case Characters set -> characters = characters.union(set.set());
                case Sequence _, Choice _, Repeat _, Reference _ -> targets.add(compile(option, next));
            }
        }
        if (!characters.isEmpty()) {
            targets.addFirst(readCharacter(characters, next));
        }
        if (!texts.isEmpty()) {
            targets.addFirst(readOneOf(texts, 0, next));
        }
        return split(targets);
    }

    private int split(List<Integer> targets) {
        return targets.size() == 1
                ? targets.getFirst()
                : add(new Split(targets.stream().mapToInt(Integer::intValue).toArray()));
    }

    /** Reads the rest of texts that are equal up to {@code depth}. */
    private int readOneOf(List<byte[]> texts, int depth, int next) {
        if (texts.size() == 1) {
            return readBytes(texts.getFirst(), depth, next);
        }
        int shared = depth;
        while (isShared(texts, shared)) {
            shared++;
        }
        Map<Integer, List<byte[]>> byByte = new TreeMap<>();
        boolean endsHere = false;
        for (byte[] text : texts) {
            if (text.length == shared) {
                endsHere = true;
            } else {
                byByte.computeIfAbsent(text[shared] & 0xFF, key -> new ArrayList<>())
                        .add(text);
            }
        }
        int first = next;
        if (!byByte.isEmpty()) {
            List<int[]> edges = new ArrayList<>();
            int branching = shared;
            byByte.forEach((value, group) ->
                    edges.add(new int[] {value, value, readOneOf(group, branching + 1, next)}));
            first = add(read(edges));
            first = endsHere ? add(new Split(new int[] {first, next})) : first;
        }
        byte[] prefix = Arrays.copyOf(texts.getFirst(), shared);
        return readBytes(prefix, depth, first);
    }

    private static boolean isShared(List<byte[]> texts, int index) {
        byte[] first = texts.getFirst();
        for (byte[] text : texts) {
            if (text.length <= index || text[index] != first[index]) {
                return false;
            }
        }
        return true;
    }

    private int repeat(Repeat repeat, int next) {
        boolean mayBeEmpty = grammar.matchesEmpty(repeat.body());
        int min = mayBeEmpty ? 0 : repeat.min();
        if (repeat.max() == 0) {
            return next;
        }
        if (repeat.max() == UNBOUNDED && min <= 1) {
            int loop = add(new Split(new int[0]));
            int body = compile(repeat.body(), loop);
            nodes.set(loop, new Split(new int[] {body, next}));
            return min == 0 ? loop : body;
        }
        boolean isSmall =
                repeat.max() != UNBOUNDED && (long) sizes.nodes(repeat.body()) * repeat.max() <= UNROLLED_NODES;
        if (isSmall || repeat.max() == 1 || mayBeEmpty) {
            return unroll(repeat, min, next);
        }
        int end = add(new End(true));
        int body = compile(repeat.body(), end);
        return add(new Count(body, min, repeat.max(), next));
    }

    private int unroll(Repeat repeat, int min, int next) {
        if (repeat.max() > UNROLLED_TIMES) {
            throw new GrammarException(
                    "",
                    "something that may be empty is repeated up to %d times; give it at least one character, or repeat it with *"
                            .formatted(repeat.max()));
        }
        int first = next;
        for (int time = repeat.max(); time > 0; time--) {
            int body = compile(repeat.body(), first);
            first = time > min ? add(new Split(new int[] {body, next})) : body;
        }
        return first;
    }
}

package dev.caravan.engine.grammar;

import dev.caravan.engine.grammar.Expression.Characters;
import dev.caravan.engine.grammar.Expression.Choice;
import dev.caravan.engine.grammar.Expression.Reference;
import dev.caravan.engine.grammar.Expression.Repeat;
import dev.caravan.engine.grammar.Expression.Sequence;
import dev.caravan.engine.grammar.Expression.Text;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** How large expressions are once compiled, and which rules are small enough to be written out where they are used. */
final class RuleSizes {
    private static final int SMALL_NODES = 64;
    private static final int SMALL_BYTES = 32;

    /** Rules that use rules deeper than this are not small. */
    private static final int MAX_DEPTH = 16;

    private static final Size LARGE = new Size(1 << 20, 1 << 20);
    private static final Size CALL = new Size(1, 1 << 20);

    private final Grammar grammar;
    private final Map<String, Size> known = new HashMap<>();

    RuleSizes(Grammar grammar) {
        this.grammar = grammar;
    }

    /**
     * @param nodes how many, about
     * @param bytes the longest match
     */
    private record Size(int nodes, int bytes) {
        private static final int MOST = 1 << 20;

        Size then(Size other) {
            return new Size(Math.min(nodes + other.nodes, MOST), Math.min(bytes + other.bytes, MOST));
        }

        Size or(Size other) {
            return new Size(Math.min(nodes + other.nodes, MOST), Math.max(bytes, other.bytes));
        }

        Size times(int count) {
            return new Size(nodes, (int) Math.min((long) bytes * count, MOST));
        }

        boolean isSmall() {
            return nodes <= SMALL_NODES && bytes <= SMALL_BYTES;
        }
    }

    /** Whether the rule matches few bytes and has few nodes. */
    boolean isSmall(String rule) {
        return size(rule, 0).isSmall();
    }

    /** The nodes that the expression takes, about. */
    int nodes(Expression expression) {
        return size(expression, 0).nodes();
    }

    private Size size(String rule, int depth) {
        Size size = known.get(rule);
        if (size != null) {
            return size;
        }
        known.put(rule, LARGE); // a rule that uses itself has no longest match
        size = depth > MAX_DEPTH ? LARGE : size(grammar.rule(rule), depth + 1);
        known.put(rule, size);
        return size;
    }

    private Size size(Expression expression, int depth) {
        return switch (expression) {
            case Text text -> {
                int bytes = text.text().getBytes(StandardCharsets.UTF_8).length;
                yield new Size(bytes, bytes);
            }
            case Characters characters -> size(characters.set());
            case Sequence sequence ->
                sequence.parts().stream().map(part -> size(part, depth)).reduce(new Size(0, 0), Size::then);
            case Choice choice ->
                choice.options().stream().map(option -> size(option, depth)).reduce(new Size(1, 0), Size::or);
            case Repeat repeat -> size(repeat.body(), depth).times(repeat.max()).then(new Size(1, 0));
            case Reference reference -> {
                Size size = size(reference.rule(), depth);
                yield size.isSmall() ? size : CALL;
            }
        };
    }

    private static Size size(CodePoints set) {
        boolean isAscii = set.rangeCount() == 0 || set.last(set.rangeCount() - 1) < 0x80;
        return isAscii ? new Size(1, 1) : new Size(1 + 3 * set.rangeCount(), 4);
    }
}

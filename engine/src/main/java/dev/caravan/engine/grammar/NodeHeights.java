package dev.caravan.engine.grammar;

import dev.caravan.engine.grammar.Network.Call;
import dev.caravan.engine.grammar.Network.Count;
import dev.caravan.engine.grammar.Network.End;
import dev.caravan.engine.grammar.Network.Node;
import dev.caravan.engine.grammar.Network.Read;
import dev.caravan.engine.grammar.Network.Split;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * How many frames the shortest-stacked way from a node to its rule's end pushes. Where the stack is bounded, a node whose
 * height does not fit any more must not be entered: every place that is entered can then be left again.
 *
 * <p>Computed backwards from the ends; a node is looked at again when one that it leads to got lower. For one network.
 */
final class NodeHeights {
    private final Node[] nodes;
    private final int[] heights;

    /** By node: where in {@link #users} the nodes begin that lead to it; they end where the next node's begin. */
    private final int[] firstUsers;

    private final int[] users;

    private NodeHeights(Node[] nodes) {
        this.nodes = nodes;
        this.heights = new int[nodes.length];
        Arrays.fill(heights, Network.NEVER);
        this.firstUsers = new int[nodes.length + 1];
        for (Node node : nodes) {
            for (int target : targets(node)) {
                firstUsers[target + 1]++;
            }
        }
        for (int node = 0; node < nodes.length; node++) {
            firstUsers[node + 1] += firstUsers[node];
        }
        this.users = new int[firstUsers[nodes.length]];
        int[] next = firstUsers.clone();
        for (int node = 0; node < nodes.length; node++) {
            for (int target : targets(nodes[node])) {
                users[next[target]++] = node;
            }
        }
    }

    /** By node; {@link Network#NEVER} where no way leads to the end, or none that fits the stack. */
    static int[] of(Node[] nodes) {
        return new NodeHeights(nodes).compute();
    }

    private int[] compute() {
        Deque<Integer> pending = new ArrayDeque<>();
        for (int node = 0; node < nodes.length; node++) {
            if (nodes[node] instanceof End) {
                heights[node] = 0;
                pending.add(node);
            }
        }
        while (!pending.isEmpty()) {
            int lowered = pending.remove();
            for (int i = firstUsers[lowered]; i < firstUsers[lowered + 1]; i++) {
                int user = users[i];
                int height = height(nodes[user]);
                if (height < heights[user]) {
                    heights[user] = height;
                    pending.add(user);
                }
            }
        }
        return heights;
    }

    private static int[] targets(Node node) {
        return switch (node) {
            case Read read -> read.targets();
            case Split split -> split.targets();
            case Call call -> new int[] {call.rule(), call.target()};
            case Count count -> new int[] {count.body(), count.target()};
            case End end -> new int[0];
        };
    }

    private int height(Node node) {
        return switch (node) {
            case Read read -> least(read.targets());
            case Split split -> least(split.targets());
            case Call call ->
                call.isLast() ? heights[call.rule()] : Math.max(pushed(heights[call.rule()]), heights[call.target()]);
            case Count count ->
                count.min() == 0
                        ? heights[count.target()]
                        : Math.max(pushed(heights[count.body()]), heights[count.target()]);
            case End end -> 0;
        };
    }

    private int least(int[] targets) {
        int least = Network.NEVER;
        for (int target : targets) {
            least = Math.min(least, heights[target]);
        }
        return least;
    }

    private static int pushed(int height) {
        return height < Automaton.MAX_DEPTH ? height + 1 : Network.NEVER;
    }
}

package dev.caravan.engine.grammar;

import dev.caravan.engine.grammar.Network.Call;
import dev.caravan.engine.grammar.Network.Count;
import dev.caravan.engine.grammar.Network.End;
import dev.caravan.engine.grammar.Network.Node;
import dev.caravan.engine.grammar.Network.Read;
import dev.caravan.engine.grammar.Network.Split;
import java.util.Arrays;

/**
 * How many frames the shortest-stacked way from a node to its rule's end pushes. Where the stack is bounded, a node whose
 * height does not fit any more must not be entered: every place that is entered can then be left again.
 */
final class NodeHeights {

    private NodeHeights() {}

    /** By node; {@link Network#NEVER} where no way leads to the end. Repeats until nothing changes: Bellman and Ford. */
    static int[] of(Node[] nodes) {
        int[] heights = new int[nodes.length];
        Arrays.fill(heights, Network.NEVER);
        boolean hasChanged = true;
        while (hasChanged) {
            hasChanged = false;
            for (int node = 0; node < nodes.length; node++) {
                int height = height(nodes[node], heights);
                if (height < heights[node]) {
                    heights[node] = height;
                    hasChanged = true;
                }
            }
        }
        return heights;
    }

    private static int height(Node node, int[] heights) {
        return switch (node) {
            case Read read -> least(read.targets(), heights);
            case Split split -> least(split.targets(), heights);
            case Call call ->
                call.isLast() ? heights[call.rule()] : Math.max(pushed(heights[call.rule()]), heights[call.target()]);
            case Count count ->
                count.min() == 0
                        ? heights[count.target()]
                        : Math.max(pushed(heights[count.body()]), heights[count.target()]);
            case End end -> 0;
        };
    }

    private static int least(int[] targets, int[] heights) {
        int least = Network.NEVER;
        for (int target : targets) {
            least = Math.min(least, heights[target]);
        }
        return least;
    }

    private static int pushed(int height) {
        return Math.min(height + 1, Network.NEVER);
    }
}

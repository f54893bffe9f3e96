package dev.caravan.engine.grammar;

import dev.caravan.engine.grammar.Network.Node;
import dev.caravan.engine.grammar.Network.Read;
import java.util.BitSet;

/** Bytes between which no node of a network distinguishes: most grammars have a few dozen of them. */
final class ByteClasses {

    private ByteClasses() {}

    /**
     * Numbers the classes from 0 in the order of their bytes.
     *
     * @param classes by byte; written
     * @return how many there are
     */
    static int fill(Node[] nodes, int[] classes) {
        BitSet starts = new BitSet();
        for (Node node : nodes) {
            if (node instanceof Read read) {
                for (int edge = 0; edge < read.targets().length; edge++) {
                    starts.set(read.first()[edge]);
                    starts.set(read.last()[edge] + 1);
                }
            }
        }
        int current = 0;
        for (int value = 1; value < classes.length; value++) {
            current += starts.get(value) ? 1 : 0;
            classes[value] = current;
        }
        return current + 1;
    }
}

package dev.caravan.engine.tokenizer;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds tokens that are matched in the text before anything else: user-defined and control tokens. The longest one wins,
 * as in SentencePiece and in the {@code tokenizers} library. Immutable and thread-safe once built.
 */
final class TokenTrie {
    private static final int MAX_NODES = 1 << 22;

    private final BitSet firstCharacters = new BitSet();
    private final BitSet controlNodes = new BitSet();
    private int[] tokens = new int[256];
    private long[] keys = new long[1024];
    private int[] children = new int[1024];
    private int nodes = 1;

    TokenTrie() {
        Arrays.fill(tokens, -1);
    }

    /** @param control whether the token counts only where control tokens are recognised */
    void add(String text, int token, boolean control) {
        if (text.isEmpty()) {
            return;
        }
        firstCharacters.set(text.charAt(0));
        int node = 0;
        for (int i = 0; i < text.length(); i++) {
            int child = child(node, text.charAt(i));
            node = child != 0 ? child : grow(node, text.charAt(i));
        }
        tokens[node] = token;
        controlNodes.set(node, control);
    }

    private int grow(int parent, char character) {
        if (nodes >= MAX_NODES) {
            throw new IllegalArgumentException(
                    "the special tokens have more than %d characters; the file is not a sound model"
                            .formatted(MAX_NODES));
        }
        if (nodes * 2 >= keys.length) {
            rehash();
        }
        if (nodes == tokens.length) {
            tokens = Arrays.copyOf(tokens, nodes * 2);
            Arrays.fill(tokens, nodes, nodes * 2, -1);
        }
        int slot = slot(keys, key(parent, character));
        keys[slot] = key(parent, character);
        children[slot] = nodes;
        return nodes++;
    }

    private void rehash() {
        long[] newKeys = new long[keys.length * 2];
        int[] newChildren = new int[keys.length * 2];
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != 0) {
                int slot = slot(newKeys, keys[i]);
                newKeys[slot] = keys[i];
                newChildren[slot] = children[i];
            }
        }
        keys = newKeys;
        children = newChildren;
    }

    private int child(int node, char character) {
        return children[slot(keys, key(node, character))];
    }

    /** A token found in a text, {@code [start, end)}. */
    record Match(int id, int start, int end) {}

    /**
     * The leftmost token from a position on, and of those that start there the longest.
     *
     * @param asText characters that no control token may cover
     */
    @Nullable
    Match next(String text, int from, BitSet asText) {
        int nextMark = -1;
        for (int i = from; i < text.length(); i++) {
            if (nextMark < i) {
                nextMark = asText.nextSetBit(i);
                nextMark = nextMark < 0 ? Integer.MAX_VALUE : nextMark;
            }
            long match = longestMatch(text, i, nextMark);
            if (match >= 0) {
                return new Match((int) (match >>> 32), i, (int) match);
            }
        }
        return null;
    }

    /**
     * The longest token that starts at a position.
     *
     * @param controlEnd control tokens must end at or before this position
     * @return the token in the upper and its end in the lower 32 bits, or -1
     */
    private long longestMatch(String text, int position, int controlEnd) {
        if (!firstCharacters.get(text.charAt(position))) {
            return -1;
        }
        long match = -1;
        int node = 0;
        for (int i = position; i < text.length(); i++) {
            node = child(node, text.charAt(i));
            if (node == 0) {
                break;
            }
            if (tokens[node] >= 0 && (!controlNodes.get(node) || i < controlEnd)) {
                match = (long) tokens[node] << 32 | (i + 1);
            }
        }
        return match;
    }

    /** Never 0, so that 0 marks a free slot. */
    private static long key(int node, char character) {
        return ((long) node << 16 | character) + 1;
    }

    private static int slot(long[] keys, long key) {
        int mask = keys.length - 1;
        long mixed = key * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 40) & mask;
        while (keys[slot] != 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}

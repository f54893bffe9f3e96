package dev.caravan.engine.grammar;

import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.stream.IntStream;

/**
 * The bytes of every token as a tree, so that tokens with the same beginning are tried together. Built once per tokenizer
 * and shared; immutable and thread-safe. End tokens and tokens without bytes (control tokens) are not in it.
 *
 * <p>The nodes stand in the order of a walk that goes down before it goes on: the descendants of node {@code n} are the
 * nodes from {@code n + 1} to {@code subtreeEnd(n)}.
 */
public final class TokenVocabulary {

    /** By identity, for tokenizers do not define equality; goes with the tokenizer. */
    private static final Map<Tokenizer, TokenVocabulary> SHARED = new WeakHashMap<>();

    private final int size;
    private final int[] endTokens;
    private final int[] offsets;
    private final byte[] spellings;
    private final int[] tokens;
    private final TokenGrammars grammars = new TokenGrammars(this);
    private final int longestBytes;

    /** By node: the byte that leads to it, and how many lead there from the root. */
    private byte[] bytes = new byte[1 << 12];

    private short[] depths = new short[1 << 12];

    /** By node: where in {@link #tokens} those begin that end at it; they end where the next node's begin. */
    private int[] firstTokens = new int[1 << 12];

    private int[] subtreeEnds = new int[0];
    private int nodes;

    private TokenVocabulary(Tokenizer tokenizer) {
        size = tokenizer.vocabSize();
        endTokens = tokenizer.endTokens().stream().mapToInt(Integer::intValue).toArray();
        if (endTokens.length == 0) {
            throw new IllegalArgumentException(
                    "the tokenizer names no token that ends an answer, so a constrained answer could not end;"
                            + " convert the model with its end-of-sequence token");
        }
        byte[][] pieces = new byte[size][];
        offsets = new int[size + 1];
        for (int token = 0; token < size; token++) {
            pieces[token] = isEnd(token) ? new byte[0] : tokenizer.bytes(token);
            offsets[token + 1] = offsets[token] + pieces[token].length;
        }
        spellings = new byte[offsets[size]];
        for (int token = 0; token < size; token++) {
            System.arraycopy(pieces[token], 0, spellings, offsets[token], pieces[token].length);
        }
        Integer[] sorted = sorted(pieces);
        tokens = new int[sorted.length];
        longestBytes = addNodes(pieces, sorted);
        findSubtreeEnds();
    }

    /** The vocabulary of a tokenizer; the first call for it takes some tenths of a second. */
    public static TokenVocabulary of(Tokenizer tokenizer) {
        synchronized (SHARED) {
            return SHARED.computeIfAbsent(tokenizer, TokenVocabulary::new);
        }
    }

    /** The tokens with bytes by their bytes. */
    private static Integer[] sorted(byte[][] pieces) {
        Integer[] sorted = IntStream.range(0, pieces.length)
                .filter(token -> pieces[token].length > 0 && pieces[token].length < Short.MAX_VALUE)
                .boxed()
                .toArray(Integer[]::new);
        Arrays.sort(sorted, (left, right) -> Arrays.compareUnsigned(pieces[left], pieces[right]));
        return sorted;
    }

    /** Adds the nodes that a token does not share with the one before it. */
    private int addNodes(byte[][] pieces, Integer[] sorted) {
        addNode(0, 0, 0);
        int longest = 0;
        byte[] previous = new byte[0];
        for (int i = 0; i < sorted.length; i++) {
            byte[] piece = pieces[sorted[i]];
            tokens[i] = sorted[i];
            longest = Math.max(longest, piece.length);
            int shared = Arrays.mismatch(previous, piece);
            for (int depth = shared < 0 ? piece.length : shared; depth < piece.length; depth++) {
                addNode(piece[depth], depth + 1, i);
            }
            previous = piece;
        }
        return longest;
    }

    private void addNode(int value, int depth, int firstToken) {
        if (nodes == bytes.length) {
            int capacity = nodes * 2;
            bytes = Arrays.copyOf(bytes, capacity);
            depths = Arrays.copyOf(depths, capacity);
            firstTokens = Arrays.copyOf(firstTokens, capacity);
        }
        bytes[nodes] = (byte) value;
        depths[nodes] = (short) depth;
        firstTokens[nodes++] = firstToken;
    }

    private void findSubtreeEnds() {
        bytes = Arrays.copyOf(bytes, nodes);
        depths = Arrays.copyOf(depths, nodes);
        firstTokens = Arrays.copyOf(firstTokens, nodes + 1);
        firstTokens[nodes] = tokens.length;
        subtreeEnds = new int[nodes];
        int[] open = new int[longestBytes + 1];
        int depth = 0;
        for (int node = 1; node < nodes; node++) {
            for (; depth >= depths[node]; depth--) {
                subtreeEnds[open[depth]] = node;
            }
            depth = depths[node];
            open[depth] = node;
        }
        for (; depth >= 0; depth--) {
            subtreeEnds[open[depth]] = nodes;
        }
    }

    /** How many tokens the tokenizer has. */
    int size() {
        return size;
    }

    /** The length of the longest token in bytes. */
    int longestBytes() {
        return longestBytes;
    }

    /** Whether some token is this byte alone. */
    boolean hasByte(int value) {
        for (int node = 1; node < nodes; node = subtreeEnds[node]) {
            if ((bytes[node] & 0xFF) == value) {
                return firstTokens[node + 1] > firstTokens[node];
            }
        }
        return false;
    }

    /** How many bytes a token has; none for end tokens and control tokens. */
    int byteCount(int token) {
        return offsets[token + 1] - offsets[token];
    }

    /** One byte of a token. */
    int byteAt(int token, int index) {
        return spellings[offsets[token] + index] & 0xFF;
    }

    /** The grammars that were compiled for this vocabulary of late. */
    TokenGrammars grammars() {
        return grammars;
    }

    boolean isEnd(int token) {
        for (int end : endTokens) {
            if (end == token) {
                return true;
            }
        }
        return false;
    }

    /** Adds the tokens that end an answer. */
    void addEnds(TokenBits bits) {
        for (int end : endTokens) {
            bits.add(end);
        }
    }

    /** Hears a walk over the tree. */
    interface Visitor {

        /**
         * The bytes up to a node fit the grammar.
         *
         * @param tokens of which those from {@code from} to below {@code to} end at the node
         */
        void fits(int node, ParseState state, int[] tokens, int from, int to);
    }

    /**
     * Tries all tokens below a node.
     *
     * @param root a node; 0 for all tokens
     * @param start the state at it
     */
    void walk(int root, ParseState start, Automaton automaton, Visitor visitor) {
        int end = subtreeEnds[root];
        ParseState[] states = new ParseState[longestBytes + 1];
        states[depths[root]] = start;
        int node = root + 1;
        while (node < end) {
            int depth = depths[node];
            ParseState state = automaton.next(states[depth - 1], bytes[node] & 0xFF);
            if (state.isDead()) {
                node = subtreeEnds[node];
            } else {
                states[depth] = state;
                visitor.fits(node, state, tokens, firstTokens[node], firstTokens[node + 1]);
                node++;
            }
        }
    }

    boolean hasChildren(int node) {
        return subtreeEnds[node] > node + 1;
    }
}

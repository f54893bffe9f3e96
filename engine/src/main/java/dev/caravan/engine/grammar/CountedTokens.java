package dev.caravan.engine.grammar;

import java.util.Arrays;

/**
 * The tokens that fit at a place within a counted body, each with how often it reads the body whole: once found, they
 * give the mask for any number of times that are still needed and still left.
 */
final class CountedTokens {
    private static final byte NONE = Byte.MAX_VALUE;

    /** A token that reads a body more often would not fit a byte. */
    private static final int MOST_TIMES = Byte.MAX_VALUE - 1;

    /** By token: the least times after which it ends within the body, and the times after which it ends behind it. */
    private final byte[] within;

    private final byte[] left;
    private int[] exits = new int[0];
    private int[] exitTimes = new int[0];
    private int depth;
    private boolean isSingle = true;

    private CountedTokens(int vocabSize) {
        within = new byte[vocabSize];
        left = new byte[vocabSize];
        Arrays.fill(within, NONE);
        Arrays.fill(left, NONE);
    }

    /**
     * Tries all tokens once.
     *
     * @param automaton one whose counts are free
     * @param start the place, its count being 0
     */
    static CountedTokens find(TokenVocabulary vocabulary, Automaton automaton, ParseState start) {
        CountedTokens counted = new CountedTokens(vocabulary.size());
        IntList exits = new IntList();
        IntList times = new IntList();
        counted.depth = start.depth;
        counted.isSingle = vocabulary.longestBytes() <= MOST_TIMES;
        vocabulary.walk(0, start, automaton, (node, state, tokens, from, to) -> {
            counted.isSingle &= state.timesLeft != ParseState.SEVERAL;
            counted.depth = Math.max(counted.depth, state.depth);
            byte timesWithin = (byte) Math.min(state.timesWithin, NONE);
            byte timesLeft = (byte) Math.min(state.timesLeft, NONE);
            for (int i = from; i < to; i++) {
                counted.within[tokens[i]] = timesWithin;
                counted.left[tokens[i]] = timesLeft;
            }
            if (state.isComplete && vocabulary.hasChildren(node)) {
                exits.add(node);
                times.add(state.timesLeft);
            }
        });
        counted.exits = exits.toArray();
        counted.exitTimes = times.toArray();
        return counted;
    }

    /** Whether no token can leave the body after different times, so that {@link #mask} holds. */
    boolean isSingle() {
        return isSingle;
    }

    /**
     * The mask at a count.
     *
     * @param needed the times that the body must still be read, possibly below 0
     * @param most the times that it may still be read, the one under way included
     * @param bits scratch
     */
    TokenGrammar.Mask mask(int needed, int most, TokenBits bits) {
        bits.clear();
        for (int token = 0; token < within.length; token++) {
            boolean endsWithin = within[token] != NONE && within[token] < most;
            if (endsWithin || isLeft(left[token], needed, most)) {
                bits.add(token);
            }
        }
        IntList open = new IntList();
        for (int i = 0; i < exits.length; i++) {
            if (isLeft(exitTimes[i], needed, most)) {
                open.add(exits[i]);
            }
        }
        return new TokenGrammar.Mask(bits.compact(), open.toArray(), depth);
    }

    private static boolean isLeft(int times, int needed, int most) {
        return times != NONE && times >= needed && times <= most;
    }
}

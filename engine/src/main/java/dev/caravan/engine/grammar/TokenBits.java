package dev.caravan.engine.grammar;

import java.util.Arrays;

/** Tokens that are allowed, a bit each. For one thread. */
final class TokenBits {
    private final long[] words;

    TokenBits(int vocabSize) {
        words = new long[(vocabSize + Long.SIZE - 1) / Long.SIZE];
    }

    void clear() {
        Arrays.fill(words, 0);
    }

    void add(int token) {
        words[token >>> 6] |= 1L << token;
    }

    /** Adds what {@link #compact} gave. */
    void addAll(Tokens tokens) {
        if (tokens.isDense()) {
            for (int i = 0; i < words.length; i++) {
                words[i] |= tokens.values()[i];
            }
        } else {
            for (long token : tokens.values()) {
                add((int) token);
            }
        }
    }

    boolean isEmpty() {
        for (long word : words) {
            if (word != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Forbids all other tokens.
     *
     * @param logits {@code [vocabulary]}, possibly with padding behind it, which is forbidden too
     */
    void forbidOthers(float[] logits) {
        for (int i = 0; i < words.length; i++) {
            int first = i * Long.SIZE;
            int end = Math.min(first + Long.SIZE, logits.length);
            if (words[i] == 0) {
                Arrays.fill(logits, first, end, Float.NEGATIVE_INFINITY);
            } else if (words[i] != -1) {
                for (int token = first; token < end; token++) {
                    if ((words[i] >>> token & 1) == 0) {
                        logits[token] = Float.NEGATIVE_INFINITY;
                    }
                }
            }
        }
        int covered = Math.min(words.length * Long.SIZE, logits.length);
        Arrays.fill(logits, covered, logits.length, Float.NEGATIVE_INFINITY);
    }

    /**
     * Tokens that no longer change.
     *
     * @param isDense whether the values are words of bits, else they are the tokens
     */
    @SuppressWarnings("ArrayRecordComponent") // made by compact, never written again
    record Tokens(boolean isDense, long[] values) {}

    /** A copy that takes little room where there are few tokens. */
    Tokens compact() {
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        if (count > words.length) {
            return new Tokens(true, words.clone());
        }
        long[] tokens = new long[count];
        int next = 0;
        for (int i = 0; i < words.length; i++) {
            for (long word = words[i]; word != 0; word &= word - 1) {
                tokens[next++] = (long) i * Long.SIZE + Long.numberOfTrailingZeros(word);
            }
        }
        return new Tokens(false, tokens);
    }
}

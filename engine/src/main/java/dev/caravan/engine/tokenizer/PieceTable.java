package dev.caravan.engine.tokenizer;

import java.util.Arrays;

/**
 * The bytes of every token, and the way from bytes to a token: one blob and an open-addressing table of ids, so that a
 * quarter of a million tokens load in some ten milliseconds. Immutable and thread-safe once built.
 */
final class PieceTable {
    /** The most tokens of a vocabulary; the largest known one has 262,144. */
    static final int MAX_TOKENS = 1 << 21;

    /** The longest token in bytes; runs of 256 spaces exist. */
    static final int MAX_PIECE_BYTES = 4096;

    /** A sound vocabulary needs some twenty probes; more means that the tokens were made to collide. */
    private static final int MAX_PROBES = 1024;

    private final int[] offsets;
    private final int[] slots;
    private byte[] blob = new byte[1 << 16];
    private int count;
    private int longest;

    PieceTable(int capacity) {
        if (capacity < 1 || capacity > MAX_TOKENS) {
            throw new IllegalArgumentException(
                    "the vocabulary has %d tokens; between 1 and %d are supported".formatted(capacity, MAX_TOKENS));
        }
        offsets = new int[capacity + 1];
        slots = new int[Integer.highestOneBit(capacity) << 2];
    }

    /**
     * Appends the next token.
     *
     * @param findable whether {@link #find} may return it
     * @throws IllegalArgumentException if it is too long or its bytes are those of an earlier findable token
     */
    void add(byte[] bytes, int length, boolean findable) {
        if (length > MAX_PIECE_BYTES) {
            throw new IllegalArgumentException(
                    "token %d has %d bytes; at most %d are supported".formatted(count, length, MAX_PIECE_BYTES));
        }
        int start = offsets[count];
        if (start + length > blob.length) {
            blob = Arrays.copyOf(blob, blob.length * 2);
        }
        System.arraycopy(bytes, 0, blob, start, length);
        offsets[count + 1] = start + length;
        if (findable && length > 0) {
            longest = Math.max(longest, length);
            insert(start, start + length);
        }
        count++;
    }

    private void insert(int start, int end) {
        int mask = slots.length - 1;
        int slot = hash(blob, start, end) & mask;
        for (int probe = 0; probe < MAX_PROBES; probe++) {
            int other = slots[slot] - 1;
            if (other < 0) {
                slots[slot] = count + 1;
                return;
            }
            if (Arrays.equals(blob, offsets[other], offsets[other + 1], blob, start, end)) {
                throw new IllegalArgumentException(
                        "tokens %d and %d of the vocabulary are the same; the file is damaged, fetch or convert it again"
                                .formatted(other, count));
            }
            slot = (slot + 1) & mask;
        }
        throw new IllegalArgumentException(
                "the vocabulary's tokens collide at token %d; the file is not a sound model".formatted(count));
    }

    /** The token with these bytes, or -1. */
    int find(byte[] bytes, int start, int end) {
        if (end - start > longest) {
            return -1;
        }
        int mask = slots.length - 1;
        int slot = hash(bytes, start, end) & mask;
        for (int id = slots[slot] - 1; id >= 0; id = slots[slot] - 1) {
            if (Arrays.equals(blob, offsets[id], offsets[id + 1], bytes, start, end)) {
                return id;
            }
            slot = (slot + 1) & mask;
        }
        return -1;
    }

    byte[] bytes(int token) {
        if (token < 0 || token >= count) {
            throw new IllegalArgumentException("token %d lies outside the vocabulary of %d".formatted(token, count));
        }
        return Arrays.copyOfRange(blob, offsets[token], offsets[token + 1]);
    }

    int size() {
        return count;
    }

    /** The length of the longest findable token in bytes. */
    int longest() {
        return longest;
    }

    private static int hash(byte[] bytes, int start, int end) {
        int hash = 0x811c9dc5;
        for (int i = start; i < end; i++) {
            hash = (hash ^ bytes[i]) * 0x01000193;
        }
        return hash ^ (hash >>> 15) ^ (hash >>> 7);
    }
}

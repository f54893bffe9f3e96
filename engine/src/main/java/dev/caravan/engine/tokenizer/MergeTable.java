package dev.caravan.engine.tokenizer;

import java.util.Arrays;

/** The merges of a BPE vocabulary: a pair of tokens to its rank and the token that it makes. */
final class MergeTable {
    /** Llama 3 has 280,147. */
    private static final int MAX_MERGES = 1 << 22;

    private static final int MAX_PROBES = 1024;

    /** The pair: left token, right token; -1 is a free slot. */
    private final long[] keys;
    /** Rank and joined token, as {@link BpeMerger.Pairs#join} wants them. */
    private final long[] values;

    /**
     * @param merges two spellings in the byte alphabet with a space between; the first is the best
     * @throws IllegalArgumentException if a merge names something that is not a token
     */
    MergeTable(String[] merges, PieceTable table) {
        this(merges.length);
        byte[] scratch = new byte[2 * PieceTable.MAX_PIECE_BYTES];
        for (int rank = 0; rank < merges.length; rank++) {
            String merge = merges[rank];
            int space = merge.indexOf(' ', 1);
            int length = space < 0 || merge.length() > scratch.length ? -1 : decode(merge, space, scratch);
            int left = length < 0 ? -1 : table.find(scratch, 0, space);
            int right = length < 0 ? -1 : table.find(scratch, space, length);
            int joined = length < 0 ? -1 : table.find(scratch, 0, length);
            if (left < 0 || right < 0 || joined < 0) {
                throw new IllegalArgumentException(
                        "merge %d ('%s') does not join two tokens to a third; the file is damaged, fetch or convert it again"
                                .formatted(rank, merge));
            }
            put(left, right, (long) rank << 32 | joined, false);
        }
    }

    /** An empty table for a number of merges. */
    MergeTable(int merges) {
        if (merges > MAX_MERGES) {
            throw new IllegalArgumentException(
                    "the vocabulary has %d merges; at most %d are supported".formatted(merges, MAX_MERGES));
        }
        int capacity = Integer.highestOneBit(Math.max(1, merges)) << 2;
        keys = new long[capacity];
        Arrays.fill(keys, -1);
        values = new long[capacity];
    }

    private static int decode(String merge, int space, byte[] scratch) {
        String joined = merge.substring(0, space).concat(merge.substring(space + 1));
        return ByteAlphabet.decode(joined, scratch);
    }

    /** Adds a merge; of equal ones the last counts, as in the {@code tokenizers} library. */
    void put(int left, int right, int rank, int joined) {
        put(left, right, (long) rank << 32 | joined, true);
    }

    /** @param replaces whether it counts instead of an equal one; else the first, which has the better rank, does */
    private void put(int left, int right, long value, boolean replaces) {
        long key = (long) left << 32 | right;
        int slot = slot(key);
        for (int probe = 0; keys[slot] != -1; probe++) {
            if (keys[slot] == key) {
                values[slot] = replaces ? value : values[slot];
                return;
            }
            if (probe == MAX_PROBES) {
                throw new IllegalArgumentException("the vocabulary's merges collide; the file is not a sound model");
            }
            slot = (slot + 1) & (keys.length - 1);
        }
        keys[slot] = key;
        values[slot] = value;
    }

    long find(int left, int right) {
        long key = (long) left << 32 | right;
        for (int slot = slot(key); keys[slot] != -1; slot = (slot + 1) & (keys.length - 1)) {
            if (keys[slot] == key) {
                return values[slot];
            }
        }
        return BpeMerger.NONE;
    }

    private int slot(long key) {
        return (int) ((key * 0x9E3779B97F4A7C15L) >>> 36) & (keys.length - 1);
    }
}

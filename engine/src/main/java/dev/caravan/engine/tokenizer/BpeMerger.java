package dev.caravan.engine.tokenizer;

import java.util.Arrays;

/**
 * Byte-pair merging: a linked list of symbols and a heap of the pairs that can be joined, best priority first and, among
 * equals, the leftmost. n symbols take O(n log n). One instance serves one thread; it is reused from word to word.
 */
final class BpeMerger {

    /** What two neighbouring symbols make. */
    interface Pairs {
        /**
         * Joins two symbols of the merger.
         *
         * @return the priority (signed, smallest first) in the upper and the joined token in the lower 32 bits, or
         *     {@link #NONE}
         */
        long join(BpeMerger symbols, int left, int right);
    }

    static final long NONE = -1;

    private int[] tokens = new int[64];
    private int[] starts = new int[65];
    private int[] next = new int[64];
    private int[] previous = new int[64];
    /** The pair of each symbol and its right neighbour, as {@link Pairs#join} gave it. */
    private long[] pairs = new long[64];

    private long[] heap = new long[128];
    private int heapSize;
    private int size;

    void clear() {
        size = 0;
        heapSize = 0;
    }

    /**
     * Appends a symbol.
     *
     * @param token its token, or -1 where the vocabulary has none
     * @param start where its bytes start; they end where the next symbol's start
     */
    void add(int token, int start, int end) {
        if (size == tokens.length) {
            int capacity = size * 2;
            tokens = Arrays.copyOf(tokens, capacity);
            starts = Arrays.copyOf(starts, capacity + 1);
            next = Arrays.copyOf(next, capacity);
            previous = Arrays.copyOf(previous, capacity);
            pairs = Arrays.copyOf(pairs, capacity);
        }
        tokens[size] = token;
        starts[size] = start;
        starts[size + 1] = end;
        previous[size] = size - 1;
        next[size] = size + 1;
        size++;
    }

    /** Joins pairs until none is left; then walk from symbol 0 along {@link #next}. */
    void merge(Pairs lookup) {
        for (int i = 0; i < size; i++) {
            offer(lookup, i);
        }
        while (heapSize > 0) {
            long top = pop();
            int left = (int) top;
            // A pair is stale when its symbol was swallowed or has got another neighbour since.
            if (pairs[left] == NONE || (pairs[left] >> 32) != (top >> 32)) {
                continue;
            }
            int right = next[left];
            tokens[left] = (int) pairs[left];
            next[left] = next[right];
            pairs[right] = NONE;
            if (next[right] < size) {
                previous[next[right]] = left;
            }
            if (previous[left] >= 0) {
                offer(lookup, previous[left]);
            }
            offer(lookup, left);
        }
    }

    private void offer(Pairs lookup, int left) {
        pairs[left] = next[left] < size ? lookup.join(this, left, next[left]) : NONE;
        if (pairs[left] != NONE) {
            push((pairs[left] & 0xFFFFFFFF_00000000L) | left);
        }
    }

    /** The number of symbols that were added; {@link #next} gives it after the last one. */
    int size() {
        return size;
    }

    int next(int symbol) {
        return next[symbol];
    }

    int token(int symbol) {
        return tokens[symbol];
    }

    int start(int symbol) {
        return starts[symbol];
    }

    int end(int symbol) {
        return starts[next[symbol]];
    }

    private void push(long value) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, heapSize * 2);
        }
        int hole = heapSize++;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            if (heap[parent] <= value) {
                break;
            }
            heap[hole] = heap[parent];
            hole = parent;
        }
        heap[hole] = value;
    }

    private long pop() {
        long top = heap[0];
        long last = heap[--heapSize];
        int hole = 0;
        for (int child = 1; child < heapSize; child = 2 * hole + 1) {
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[hole] = heap[child];
            hole = child;
        }
        heap[hole] = last;
        return top;
    }
}

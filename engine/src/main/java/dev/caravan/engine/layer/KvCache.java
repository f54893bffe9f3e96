package dev.caravan.engine.layer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys and values of a session's tokens, as F16 outside the heap. It grows by pages of {@link #PAGE_TOKENS} tokens,
 * so that a short conversation takes little, and never beyond its capacity. The cache owns its memory; one writer, and
 * readers only between writes.
 *
 * <p>A page:
 *
 * <pre>
 * layer 0                                          layer 1
 * keys of head 0   keys of head 1   values of 0 …  …
 * [tokens, D]      [tokens, D]      [tokens, D]
 * </pre>
 *
 * <p>F16 halves the memory and the bytes read for each token; llama.cpp keeps its cache in F16 too. A value's relative
 * rounding is at most 2^-11.
 */
public final class KvCache implements AutoCloseable {

    /** The tokens of one page. */
    public static final int PAGE_TOKENS = 64;

    private final int layers;
    private final int kvHeads;
    private final int headSize;
    private final int capacityTokens;
    private final Arena arena;
    private final List<MemorySegment> pages = new ArrayList<>();
    private final short[] row;

    /**
     * An empty cache.
     *
     * @param capacityTokens the most tokens it may ever hold
     */
    @SuppressWarnings("MustBeClosedChecker") // closed by close()
    public KvCache(int layers, int kvHeads, int headSize, int capacityTokens) {
        this.layers = layers;
        this.kvHeads = kvHeads;
        this.headSize = headSize;
        this.capacityTokens = capacityTokens;
        this.arena = Arena.ofShared();
        this.row = new short[headSize];
    }

    /** The bytes that so many tokens take, in whole pages. */
    public static long byteSize(int layers, int kvHeads, int headSize, long tokens) {
        long pageCount = (tokens + PAGE_TOKENS - 1) / PAGE_TOKENS;
        return pageCount * PAGE_TOKENS * layers * kvHeads * headSize * 2 * Short.BYTES;
    }

    int capacityTokens() {
        return capacityTokens;
    }

    /** Makes room for the positions below {@code tokens}. */
    void reserve(int tokens) {
        if (tokens > capacityTokens) {
            throw new IllegalArgumentException("%d tokens do not fit a cache of %d".formatted(tokens, capacityTokens));
        }
        while (pages.size() * PAGE_TOKENS < tokens) {
            pages.add(arena.allocate(byteSize(layers, kvHeads, headSize, PAGE_TOKENS), 64));
        }
    }

    /** Stores one token's keys {@code [kvHeads, D]} and values {@code [kvHeads, D]}, read from the given offset. */
    void write(int layer, int position, float[] keys, float[] values, int offset) {
        for (int head = 0; head < kvHeads; head++) {
            writeRow(run(layer, head, false, position), position, keys, offset + head * headSize);
            writeRow(run(layer, head, true, position), position, values, offset + head * headSize);
        }
    }

    private void writeRow(long run, int position, float[] source, int offset) {
        for (int i = 0; i < headSize; i++) {
            row[i] = Float.floatToFloat16(source[offset + i]);
        }
        long start = run + (long) (position % PAGE_TOKENS) * headSize * Short.BYTES;
        MemorySegment.copy(row, 0, pages.get(position / PAGE_TOKENS), ValueLayout.JAVA_SHORT, start, headSize);
    }

    /**
     * Where rows of values go.
     *
     * @param values row r begins at {@code offset + r * stride}
     */
    @SuppressWarnings("ArrayRecordComponent") // a view, made and dropped within one call
    record Rows(float[] values, int offset, int stride) {}

    /**
     * Reads the keys of one head for the first {@code tokens} of a page, one row for each.
     *
     * @param half room for {@code tokens * D} F16 values
     */
    void readKeys(int layer, int head, int page, int tokens, short[] half, Rows out) {
        read(run(layer, head, false, page * PAGE_TOKENS), page, tokens, half, out);
    }

    /** Reads values as {@link #readKeys} reads keys. */
    void readValues(int layer, int head, int page, int tokens, short[] half, Rows out) {
        read(run(layer, head, true, page * PAGE_TOKENS), page, tokens, half, out);
    }

    private void read(long run, int page, int tokens, short[] half, Rows out) {
        MemorySegment.copy(pages.get(page), ValueLayout.JAVA_SHORT, run, half, 0, tokens * headSize);
        for (int t = 0; t < tokens; t++) {
            unpack(half, t * headSize, out.values, out.offset + t * out.stride, headSize);
        }
    }

    /** A loop of its own, which the compiler turns into vector instructions. */
    private static void unpack(short[] half, int from, float[] out, int to, int count) {
        for (int i = 0; i < count; i++) {
            out[to + i] = Float.float16ToFloat(half[from + i]);
        }
    }

    /** Where in its page a head's keys or values begin. */
    private long run(int layer, int head, boolean isValue, int position) {
        assert position / PAGE_TOKENS < pages.size() : "position " + position + " was not reserved";
        long index = ((long) layer * 2 + (isValue ? 1 : 0)) * kvHeads + head;
        return index * PAGE_TOKENS * headSize * Short.BYTES;
    }

    @Override
    public void close() {
        arena.close();
    }
}

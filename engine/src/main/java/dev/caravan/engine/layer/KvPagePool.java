package dev.caravan.engine.layer;

import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The memory of a model's keys and values: pages of {@link #PAGE_TOKENS} tokens outside the heap (vLLM's paged
 * attention: Kwon et al. 2023). A page is allocated when it is first needed, never beyond the pool's bound, and goes
 * back to the pool when its last holder releases it; what two sequences have in common they hold together. Owns its
 * memory. One writer, and readers only between writes; counts and free pages belong to the writer's thread.
 *
 * <p>A page:
 *
 * <pre>
 * layer 0                                          layer 1
 * keys of head 0   keys of head 1   values of 0 …  …
 * [tokens, D]      [tokens, D]      [tokens, D]
 * </pre>
 */
public final class KvPagePool implements AutoCloseable {

    /** The tokens of one page. */
    public static final int PAGE_TOKENS = 64;

    /** What {@link #take} gives when nothing is left. */
    static final int NONE = -1;

    /** What is kept for each token: a key and a value of {@code headSize} for every layer and key-value head. */
    public record Shape(int layers, int kvHeads, int headSize, KvCacheType type) {

        /**
         * The bytes of one page.
         *
         * @throws IllegalArgumentException if a head does not fill whole blocks of the type
         */
        public long pageBytes() {
            return type.rowBytes(headSize) * PAGE_TOKENS * layers * kvHeads * 2;
        }
    }

    private final Shape shape;
    private final int maxPages;
    private final Arena arena;
    private final List<MemorySegment> pages = new ArrayList<>();
    private final short[] row;
    private final long rowBytes;
    private int[] references = new int[16];
    private int[] free = new int[16];
    private int freeCount;

    /**
     * An empty pool.
     *
     * @param maxPages the most pages that it may ever allocate
     */
    @SuppressWarnings("MustBeClosedChecker") // closed by close()
    public KvPagePool(Shape shape, int maxPages) {
        if (maxPages < 1) {
            throw new IllegalArgumentException("a pool holds 1 page or more, got " + maxPages);
        }
        this.shape = shape;
        this.maxPages = maxPages;
        this.rowBytes = shape.type().rowBytes(shape.headSize());
        this.arena = Arena.ofShared();
        this.row = new short[shape.headSize()];
    }

    /** The pages that hold so many tokens. */
    public static int pagesFor(int tokens) {
        return (tokens + PAGE_TOKENS - 1) / PAGE_TOKENS;
    }

    /** The most pages that it may ever hold. */
    public int maxPages() {
        return maxPages;
    }

    /** The pages that can be taken now. */
    public int availablePages() {
        return maxPages - pages.size() + freeCount;
    }

    /** How many hold a page. */
    public int references(int page) {
        return references[page];
    }

    /** A page of unknown content for its first holder, or {@link #NONE}. */
    int take() {
        int page;
        if (freeCount > 0) {
            page = free[--freeCount];
        } else if (pages.size() < maxPages) {
            page = pages.size();
            pages.add(arena.allocate(shape.pageBytes(), Long.BYTES * 8));
            if (page == references.length) {
                references = Arrays.copyOf(references, 2 * page);
                free = Arrays.copyOf(free, 2 * page);
            }
        } else {
            return NONE;
        }
        references[page] = 1;
        return page;
    }

    /** One more holder. */
    public void retain(int page) {
        assert references[page] > 0 : "page " + page + " is free";
        references[page]++;
    }

    /** One holder less; the last one gives the page back. */
    public void release(int page) {
        if (references[page] < 1) {
            throw new IllegalStateException("page %d is released more often than held".formatted(page));
        }
        if (--references[page] == 0) {
            free[freeCount++] = page;
        }
    }

    void copy(int from, int to) {
        MemorySegment.copy(pages.get(from), 0, pages.get(to), 0, shape.pageBytes());
    }

    /**
     * Stores one token's keys {@code [kvHeads, D]} and values {@code [kvHeads, D]}.
     *
     * @param token its place in the page
     * @param offset where both begin in their arrays
     */
    void write(int page, int layer, int token, float[] keys, float[] values, int offset) {
        int headSize = shape.headSize();
        MemorySegment segment = pages.get(page);
        for (int head = 0; head < shape.kvHeads(); head++) {
            writeRow(segment, run(layer, head, false) + token * rowBytes, keys, offset + head * headSize);
            writeRow(segment, run(layer, head, true) + token * rowBytes, values, offset + head * headSize);
        }
    }

    private void writeRow(MemorySegment segment, long at, float[] source, int offset) {
        int headSize = shape.headSize();
        switch (shape.type()) {
            case F16 -> {
                for (int i = 0; i < headSize; i++) {
                    row[i] = Float.floatToFloat16(source[offset + i]);
                }
                MemorySegment.copy(row, 0, segment, ValueLayout.JAVA_SHORT, at, headSize);
            }
            case Q8_0 -> BlockFormat.of(DType.Q8_0).quantize(source, offset, headSize, segment, at);
        }
    }

    /**
     * Where rows of values go.
     *
     * @param values row r begins at {@code offset + r * stride}
     */
    @SuppressWarnings("ArrayRecordComponent") // a view, made and dropped within one call
    record Rows(float[] values, int offset, int stride) {}

    /** The rows of one head in a page: the first {@code tokens} of its keys or its values. */
    private record Run(MemorySegment segment, long at, int tokens) {}

    /**
     * Reads the keys of one head for the first {@code tokens} of a page, one row for each.
     */
    void readKeys(int page, int layer, int head, int tokens, AttentionScratch scratch, Rows out) {
        read(new Run(pages.get(page), run(layer, head, false), tokens), scratch, out);
    }

    /** Reads values as {@link #readKeys} reads keys. */
    void readValues(int page, int layer, int head, int tokens, AttentionScratch scratch, Rows out) {
        read(new Run(pages.get(page), run(layer, head, true), tokens), scratch, out);
    }

    private void read(Run run, AttentionScratch scratch, Rows out) {
        switch (shape.type()) {
            case F16 -> readHalves(run, scratch.half, out);
            case Q8_0 -> readBlocks(run, scratch, out);
        }
    }

    private void readHalves(Run run, short[] half, Rows out) {
        int headSize = shape.headSize();
        MemorySegment.copy(run.segment, ValueLayout.JAVA_SHORT, run.at, half, 0, run.tokens * headSize);
        for (int t = 0; t < run.tokens; t++) {
            unpack(half, t * headSize, out.values, out.offset + t * out.stride, headSize);
        }
    }

    /** A run is one row of a quantised table, which the kernels unpack at once. */
    private void readBlocks(Run run, AttentionScratch scratch, Rows out) {
        int headSize = shape.headSize();
        int size = run.tokens * headSize;
        MemorySegment bytes = run.segment.asSlice(run.at, run.tokens * rowBytes);
        Tensor row = new Tensor("keys or values", DType.Q8_0, new long[] {1, size}, bytes);
        if (out.stride == headSize) {
            scratch.kernels.row(row, 0, out.values, out.offset);
            return;
        }
        scratch.kernels.row(row, 0, scratch.tile, 0);
        for (int t = 0; t < run.tokens; t++) {
            System.arraycopy(scratch.tile, t * headSize, out.values, out.offset + t * out.stride, headSize);
        }
    }

    /** A loop of its own, which the compiler turns into vector instructions. */
    private static void unpack(short[] half, int from, float[] out, int to, int count) {
        for (int i = 0; i < count; i++) {
            out[to + i] = Float.float16ToFloat(half[from + i]);
        }
    }

    /** Where in its page a head's keys or values begin. */
    private long run(int layer, int head, boolean isValue) {
        long index = ((long) layer * 2 + (isValue ? 1 : 0)) * shape.kvHeads() + head;
        return index * PAGE_TOKENS * rowBytes;
    }

    @Override
    public void close() {
        arena.close();
    }
}

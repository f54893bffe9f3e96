package dev.caravan.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * One matrix product of a fixed shape in oneDNN: {@code c[M, N] = a[M, K] b[K, N]}, or {@code c += } it. Factors are
 * float or brain float, sums and {@code c} are float. Runs on the calling thread; many threads may run one product.
 */
final class OneDnnProduct implements AutoCloseable {

    /**
     * What a product is compiled for.
     *
     * @param aStride values from a row of a to the next
     * @param bTransposed whether b is stored as {@code [N, K]}
     * @param adds to c instead of overwriting it
     */
    record Shape(OneDnnPrecision precision, int m, int n, int k, int aStride, boolean bTransposed, boolean adds) {}

    private static final int IN_ORDER = 1;
    private static final int SCRATCHPAD_OF_THE_CALLER = 1;
    private static final int QUERY_SCRATCHPAD = 136;
    /** The arguments' numbers: a, b, c, scratchpad. */
    private static final int[] ARGUMENTS = {1, 33, 17, 80};

    private static final int ARGUMENT_BYTES = 16;
    private static final int MAX_DIMENSIONS = 12;

    private final OneDnn library;
    private final MemorySegment a;
    private final MemorySegment b;
    private final MemorySegment c;
    private final MemorySegment description;
    private final MemorySegment scratchpad;
    private final MemorySegment primitive;

    OneDnnProduct(OneDnn library, Shape shape) {
        this.library = library;
        library.stayOnThisThread();
        int type = shape.precision.dataType;
        a = matrix(type, shape.m, shape.k, shape.aStride, 1);
        b = shape.bTransposed ? matrix(type, shape.k, shape.n, 1, shape.k) : matrix(type, shape.k, shape.n, shape.n, 1);
        c = matrix(OneDnnPrecision.F32.dataType, shape.m, shape.n, shape.n, 1);
        MemorySegment attributes = library.create("dnnl_primitive_attr_create");
        MemorySegment steps = library.create("dnnl_post_ops_create");
        library.check("dnnl_primitive_attr_set_scratchpad_mode", attributes, SCRATCHPAD_OF_THE_CALLER);
        if (shape.adds) {
            library.check("dnnl_post_ops_append_sum", steps, 1f, 0, 0);
        }
        library.check("dnnl_primitive_attr_set_post_ops", attributes, steps);
        description = library.create(
                "dnnl_matmul_primitive_desc_create", library.engine(), a, b, MemorySegment.NULL, c, attributes);
        library.destroy("post_ops", steps);
        library.destroy("primitive_attr", attributes);
        scratchpad = (MemorySegment)
                Objects.requireNonNull(library.call("dnnl_primitive_desc_query_md", description, QUERY_SCRATCHPAD, 0));
        primitive = library.create("dnnl_primitive_create", description);
    }

    private MemorySegment matrix(int type, int rows, int columns, int rowStride, int columnStride) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment extents = arena.allocate(ValueLayout.JAVA_LONG, MAX_DIMENSIONS);
            MemorySegment strides = arena.allocate(ValueLayout.JAVA_LONG, MAX_DIMENSIONS);
            extents.setAtIndex(ValueLayout.JAVA_LONG, 0, rows);
            extents.setAtIndex(ValueLayout.JAVA_LONG, 1, columns);
            strides.setAtIndex(ValueLayout.JAVA_LONG, 0, rowStride);
            strides.setAtIndex(ValueLayout.JAVA_LONG, 1, columnStride);
            return library.create("dnnl_memory_desc_create_with_strides", 2, extents, type, strides);
        }
    }

    /** The bytes of memory that {@link #run} needs besides its matrices. */
    long scratchpadBytes() {
        return (long) Objects.requireNonNull(library.call("dnnl_memory_desc_get_size", scratchpad));
    }

    /** All segments are native, and at least as large as their matrices. */
    void run(MemorySegment aValues, MemorySegment bValues, MemorySegment cValues, MemorySegment scratch) {
        library.stayOnThisThread();
        MemorySegment stream = library.create("dnnl_stream_create", library.engine(), IN_ORDER);
        MemorySegment[] memories = {
            memory(a, aValues), memory(b, bValues), memory(c, cValues), memory(scratchpad, scratch)
        };
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment arguments = arena.allocate((long) ARGUMENT_BYTES * ARGUMENTS.length, ARGUMENT_BYTES);
            for (int i = 0; i < ARGUMENTS.length; i++) {
                arguments.set(ValueLayout.JAVA_INT, (long) i * ARGUMENT_BYTES, ARGUMENTS[i]);
                arguments.set(ValueLayout.ADDRESS, (long) i * ARGUMENT_BYTES + ARGUMENT_BYTES / 2, memories[i]);
            }
            library.check("dnnl_primitive_execute", primitive, stream, ARGUMENTS.length, arguments);
            library.check("dnnl_stream_wait", stream);
        } finally {
            for (MemorySegment memory : memories) {
                library.destroy("memory", memory);
            }
            library.destroy("stream", stream);
        }
    }

    private MemorySegment memory(MemorySegment matrix, MemorySegment values) {
        return library.create("dnnl_memory_create", matrix, library.engine(), values);
    }

    @Override
    public void close() {
        library.destroy("primitive", primitive);
        library.destroy("primitive_desc", description);
        library.destroy("memory_desc", a);
        library.destroy("memory_desc", b);
        library.destroy("memory_desc", c);
    }
}

package dev.caravan.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN's matrix product, bound at run time: the C interface of its version 3, built for OpenMP. A product runs on the
 * thread that calls it, and on no other: the {@link WorkerPool} spreads the work. Lives as long as the JVM; thread-safe.
 *
 * <p>The numbers are those of dnnl_types.h, which are part of the library's binary interface.
 */
@SuppressWarnings("restricted") // calls native code, which is what it is for
final class OneDnn {

    private static final int CPU = 1;
    /** The library keeps what it compiled for a shape; batches of many lengths must not fill the memory. */
    private static final int CACHED_SHAPES = 64;

    private static final List<String> KINDS =
            List.of("stream", "memory", "memory_desc", "primitive", "primitive_desc", "primitive_attr", "post_ops");

    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;
    private static final MemoryLayout INT = ValueLayout.JAVA_INT;

    private final SymbolLookup library;
    private final Map<String, MethodHandle> functions = new HashMap<>();
    private final MemorySegment engine;

    /**
     * Loads the library.
     *
     * @param file a path, or a name that the system's loader knows
     * @throws IllegalArgumentException if there is no such library, or it lacks a function
     */
    OneDnn(String file) {
        try {
            library = SymbolLookup.libraryLookup(file, Arena.global());
            bind("dnnl_set_primitive_cache_capacity", INT);
            bind("dnnl_engine_create", POINTER, INT, ValueLayout.JAVA_LONG);
            bind("dnnl_stream_create", POINTER, POINTER, INT);
            bind("dnnl_memory_desc_create_with_strides", POINTER, INT, POINTER, INT, POINTER);
            bind("dnnl_memory_create", POINTER, POINTER, POINTER, POINTER);
            bind("dnnl_primitive_attr_create", POINTER);
            bind("dnnl_primitive_attr_set_scratchpad_mode", POINTER, INT);
            bind("dnnl_primitive_attr_set_post_ops", POINTER, POINTER);
            bind("dnnl_post_ops_create", POINTER);
            bind("dnnl_post_ops_append_sum", POINTER, ValueLayout.JAVA_FLOAT, INT, INT);
            bind("dnnl_matmul_primitive_desc_create", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER);
            bind("dnnl_primitive_create", POINTER, POINTER);
            bind("dnnl_primitive_execute", POINTER, POINTER, INT, POINTER);
            bind("dnnl_stream_wait", POINTER);
            for (String kind : KINDS) {
                bind("dnnl_" + kind + "_destroy", POINTER);
            }
            bind("dnnl_primitive_desc_query_md", FunctionDescriptor.of(ValueLayout.ADDRESS, POINTER, INT, INT));
            bind("dnnl_memory_desc_get_size", FunctionDescriptor.of(ValueLayout.JAVA_LONG, POINTER));
            bind("omp_set_num_threads", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
        } catch (IllegalArgumentException | NoSuchElementException missing) {
            throw new IllegalArgumentException(
                    "%s is no oneDNN 3 built for OpenMP: %s".formatted(file, missing.getMessage()), missing);
        }
        check("dnnl_set_primitive_cache_capacity", CACHED_SHAPES);
        engine = create("dnnl_engine_create", CPU, 0L);
    }

    private void bind(String name, MemoryLayout... arguments) {
        bind(name, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    private void bind(String name, FunctionDescriptor descriptor) {
        functions.put(name, Linker.nativeLinker().downcallHandle(library.findOrThrow(name), descriptor));
    }

    MemorySegment engine() {
        return engine;
    }

    /** Keeps the library's products on the calling thread. */
    void stayOnThisThread() {
        call("omp_set_num_threads", 1);
    }

    /** Makes an object of the library; {@code arguments} follow the address that receives it. */
    MemorySegment create(String name, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment created = arena.allocate(ValueLayout.ADDRESS);
            Object[] all = new Object[arguments.length + 1];
            all[0] = created;
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            check(name, all);
            return created.get(ValueLayout.ADDRESS, 0);
        }
    }

    void destroy(String kind, MemorySegment created) {
        check("dnnl_" + kind + "_destroy", created);
    }

    /** Calls a function that returns a status. */
    void check(String name, Object... arguments) {
        Object status = call(name, arguments);
        if (!Integer.valueOf(0).equals(status)) {
            throw new IllegalStateException("oneDNN's %s ended with status %s".formatted(name, status));
        }
    }

    @Nullable
    Object call(String name, Object... arguments) {
        try {
            return Objects.requireNonNull(functions.get(name)).invokeWithArguments(arguments);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable thrown) {
            throw new IllegalStateException(thrown);
        }
    }
}

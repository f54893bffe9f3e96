package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * One row of packed weights, by dtype.
 *
 * <p>Each dtype's loop is called through a method handle that the compiler does not know: that keeps it a unit of
 * compilation of its own. Inlined into its caller together with another's, it would pass the number of nodes up to which
 * the compiler inlines (18000 in JDK 25), its vectors would land on the heap, and it would run ten times slower;
 * whether that happens would hang on which one was compiled first. The call costs some nanoseconds a row.
 */
final class VectorRows {
    private static final MethodType PLAIN_DOT =
            MethodType.methodType(float.class, MemorySegment.class, long.class, float[].class, int.class, int.class);
    private static final MethodType PLAIN_UNPACK = PLAIN_DOT.changeReturnType(void.class);
    private static final MethodType SCALED_DOT = PLAIN_DOT.appendParameterTypes(float[].class);
    private static final MethodType SCALED_UNPACK = PLAIN_UNPACK.appendParameterTypes(float[].class);
    private static final MethodType CODES =
            MethodType.methodType(void.class, MemorySegment.class, long.class, int.class, float[].class);
    private static final MethodType SCALES = MethodType.methodType(
            float.class, MemorySegment.class, long.class, int.class, float[].class, float[].class);

    /**
     * The loops of one dtype. K-quants unpack the scales of the row first, and those whose codes lie in pieces put these
     * together, into an array that the others ignore.
     */
    private record Loops(
            boolean scaled,
            MethodHandle dot,
            MethodHandle unpack,
            MethodHandle unpackScales,
            MethodHandle unpackCodes) {}

    private static final Map<DType, Loops> LOOPS = loops();

    private VectorRows() {}

    private static Map<DType, Loops> loops() {
        Map<DType, Loops> loops = new EnumMap<>(DType.class);
        for (DType dtype : DType.values()) {
            loops.put(
                    dtype,
                    switch (dtype) {
                        case F32, F16, BF16 -> plain(PlainVectors.class, dtype.name());
                        case Q4_0, Q5_0, Q5_1 -> plain(SmallBlockVectors.class, dtype.name());
                        case Q8_0 -> plain(Q8Vectors.class, "");
                        case Q4_K -> scaled(Q4KVectors.class, false);
                        case Q5_K -> scaled(Q5KVectors.class, Lanes.COUNT > 4);
                        case Q6_K -> scaled(Q6Vectors.class, Lanes.COUNT > 4);
                        case NF4, FP4 -> plain(FourBitVectors.class, dtype.name());
                        case INT8 -> plain(Int8Vectors.class, "");
                    });
        }
        return loops;
    }

    private static Loops plain(Class<?> type, String suffix) {
        return new Loops(
                false,
                find(type, "dot" + suffix, PLAIN_DOT),
                find(type, "unpack" + suffix, PLAIN_UNPACK),
                MethodHandles.empty(SCALES),
                MethodHandles.empty(CODES));
    }

    private static Loops scaled(Class<?> type, boolean codes) {
        return new Loops(
                true,
                find(type, "dot", SCALED_DOT),
                find(type, "unpack", SCALED_UNPACK),
                find(type, "unpackScales", SCALES),
                codes ? find(type, "unpackCodes", CODES) : MethodHandles.empty(CODES));
    }

    private static MethodHandle find(Class<?> type, String name, MethodType signature) {
        try {
            return MethodHandles.lookup().findStatic(type, name, signature);
        } catch (ReflectiveOperationException missing) {
            throw new IllegalStateException(missing);
        }
    }

    private static Loops of(DType dtype) {
        return Objects.requireNonNull(LOOPS.get(dtype));
    }

    /**
     * Whether this dtype's loops take the values of each 64 in another order: the 32 of even index before those of odd
     * index. Its bytes hold neighbours, and parting x once is cheaper than parting each row; see {@link EvenOdd}.
     */
    static boolean evensFirst(DType dtype) {
        return dtype == DType.NF4 || dtype == DType.FP4;
    }

    /** The values that {@code scales} must have room for: one for each 16 weights, and a byte for each weight. */
    static int scaleCount(int size) {
        return size / 16 + size / 4;
    }

    /** Prepares {@code sums} of {@code size} values of x for {@link #dot}; room for {@link #scaleCount} of them. */
    static void sums(DType dtype, float[] x, int size, float[] sums) {
        if (dtype == DType.Q4_K || dtype == DType.Q5_K) {
            Q4KVectors.sums(x, size, sums);
        }
    }

    /**
     * The sum of products of {@code size} packed values from byte {@code offset} on with x.
     *
     * @param sums what {@link #sums} made of x
     */
    static float dot(DType dtype, MemorySegment w, long offset, float[] x, int size, float[] scales, float[] sums) {
        Loops loops = of(dtype);
        try {
            if (loops.scaled) {
                float minima = (float) loops.unpackScales.invokeExact(w, offset, size, scales, sums);
                loops.unpackCodes.invokeExact(w, offset, size, scales);
                return minima + (float) loops.dot.invokeExact(w, offset, x, 0, size, scales);
            }
            return (float) loops.dot.invokeExact(w, offset, x, 0, size);
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    /** Unpacks {@code size} values from byte {@code offset} on; the order of {@link #evensFirst} dtypes is theirs. */
    static void unpack(DType dtype, MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        Loops loops = of(dtype);
        try {
            if (loops.scaled) {
                float _ = (float) loops.unpackScales.invokeExact(w, offset, size, scales, scales);
                loops.unpackCodes.invokeExact(w, offset, size, scales);
                loops.unpack.invokeExact(w, offset, y, yOffset, size, scales);
            } else {
                loops.unpack.invokeExact(w, offset, y, yOffset, size);
            }
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    private static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException exception ? exception : new IllegalStateException(thrown);
    }
}

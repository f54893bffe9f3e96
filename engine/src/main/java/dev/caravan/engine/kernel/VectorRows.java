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
    private static final MethodType SCALES =
            MethodType.methodType(void.class, MemorySegment.class, long.class, int.class, float[].class);

    /** The loops of one dtype. K-quants unpack the scales of the row first, into an array that the others ignore. */
    private record Loops(boolean scaled, MethodHandle dot, MethodHandle unpack, MethodHandle unpackScales) {}

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
                        case Q4_K, Q5_K -> scaled(KQuantVectors.class, dtype.name());
                        case Q6_K -> scaled(Q6Vectors.class, "");
                        case NF4, FP4 -> plain(FourBitVectors.class, dtype.name());
                        case INT8 -> plain(Int8Vectors.class, "");
                    });
        }
        return loops;
    }

    private static Loops plain(Class<?> type, String suffix) {
        MethodHandle none = MethodHandles.empty(SCALES);
        return new Loops(
                false, find(type, "dot" + suffix, PLAIN_DOT), find(type, "unpack" + suffix, PLAIN_UNPACK), none);
    }

    private static Loops scaled(Class<?> type, String suffix) {
        return new Loops(
                true,
                find(type, "dot" + suffix, SCALED_DOT),
                find(type, "unpack" + suffix, SCALED_UNPACK),
                find(type, "unpackScales" + suffix, SCALES));
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

    /** The values that {@code scales} must have room for. */
    static int scaleCount(int size) {
        return size / 16;
    }

    /** The sum of products of {@code size} packed values from byte {@code offset} on with {@code x}. */
    static float dot(DType dtype, MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
        Loops loops = of(dtype);
        try {
            if (loops.scaled) {
                loops.unpackScales.invokeExact(w, offset, size, scales);
                return (float) loops.dot.invokeExact(w, offset, x, xOffset, size, scales);
            }
            return (float) loops.dot.invokeExact(w, offset, x, xOffset, size);
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    /** Unpacks {@code size} values from byte {@code offset} on; the order of {@link #evensFirst} dtypes is theirs. */
    static void unpack(DType dtype, MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        Loops loops = of(dtype);
        try {
            if (loops.scaled) {
                loops.unpackScales.invokeExact(w, offset, size, scales);
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

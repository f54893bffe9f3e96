package dev.caravan.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian numbers at any address of a packed block. */
final class Packed {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Packed() {}

    /** A half-precision number as a float. */
    static float f16(MemorySegment data, long offset) {
        return Float.float16ToFloat(data.get(SHORT, offset));
    }

    static float bf16(MemorySegment data, long offset) {
        return Float.intBitsToFloat(data.get(SHORT, offset) << 16);
    }

    static float f32(MemorySegment data, long offset) {
        return Float.intBitsToFloat(data.get(INT, offset));
    }

    static int u16(MemorySegment data, long offset) {
        return data.get(SHORT, offset) & 0xFFFF;
    }

    static int i32(MemorySegment data, long offset) {
        return data.get(INT, offset);
    }

    static long i64(MemorySegment data, long offset) {
        return data.get(LONG, offset);
    }
}

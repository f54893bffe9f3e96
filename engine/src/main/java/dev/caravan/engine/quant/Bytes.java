package dev.caravan.engine.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian numbers at any address. */
final class Bytes {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Bytes() {}

    static int u8(MemorySegment data, long offset) {
        return data.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }

    static int s8(MemorySegment data, long offset) {
        return data.get(ValueLayout.JAVA_BYTE, offset);
    }

    static int u16(MemorySegment data, long offset) {
        return data.get(SHORT, offset) & 0xFFFF;
    }

    static int i32(MemorySegment data, long offset) {
        return data.get(INT, offset);
    }

    static float f16(MemorySegment data, long offset) {
        return Float.float16ToFloat(data.get(SHORT, offset));
    }

    static float f32(MemorySegment data, long offset) {
        return Float.intBitsToFloat(data.get(INT, offset));
    }

    /** Stores the lower 8 bits. */
    static void put8(MemorySegment data, long offset, int value) {
        data.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    /** Stores the lower 16 bits. */
    static void put16(MemorySegment data, long offset, int value) {
        data.set(SHORT, offset, (short) value);
    }

    static void put32(MemorySegment data, long offset, int value) {
        data.set(INT, offset, value);
    }

    /** Stores the nearest half-precision number, a tie to even. */
    static void putF16(MemorySegment data, long offset, float value) {
        data.set(SHORT, offset, Float.floatToFloat16(value));
    }

    /** What {@link #putF16} would store of a value. */
    static float roundToF16(float value) {
        return Float.float16ToFloat(Float.floatToFloat16(value));
    }

    static void putF32(MemorySegment data, long offset, float value) {
        data.set(INT, offset, Float.floatToRawIntBits(value));
    }
}

package dev.caravan.engine.format.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A metadata value on its way into a file: its type and its bytes as they follow the key. Immutable.
 *
 * <p>Unsigned values are given in the next wider signed type; a value out of range is an {@link
 * IllegalArgumentException}.
 */
public final class GgufValue {

    /** The bytes of an array before its elements: u32 type, u64 count. */
    static final int ARRAY_HEAD = 12;

    private final GgufValueType type;
    private final byte[] bytes;

    private GgufValue(GgufValueType type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    public static GgufValue uint8(int value) {
        return new GgufValue(GgufValueType.UINT8, new byte[] {(byte) inRange(value, 0, 0xFF)});
    }

    public static GgufValue int8(int value) {
        return new GgufValue(GgufValueType.INT8, new byte[] {(byte) inRange(value, Byte.MIN_VALUE, Byte.MAX_VALUE)});
    }

    public static GgufValue uint16(int value) {
        return new GgufValue(
                GgufValueType.UINT16,
                buffer(2).putShort((short) inRange(value, 0, 0xFFFF)).array());
    }

    public static GgufValue int16(int value) {
        return new GgufValue(
                GgufValueType.INT16,
                buffer(2)
                        .putShort((short) inRange(value, Short.MIN_VALUE, Short.MAX_VALUE))
                        .array());
    }

    public static GgufValue uint32(long value) {
        return new GgufValue(
                GgufValueType.UINT32,
                buffer(4).putInt((int) inRange(value, 0, 0xFFFF_FFFFL)).array());
    }

    public static GgufValue int32(int value) {
        return new GgufValue(GgufValueType.INT32, buffer(4).putInt(value).array());
    }

    /** Of at most 2^63 - 1. */
    public static GgufValue uint64(long value) {
        return new GgufValue(
                GgufValueType.UINT64,
                buffer(8).putLong(inRange(value, 0, Long.MAX_VALUE)).array());
    }

    public static GgufValue int64(long value) {
        return new GgufValue(GgufValueType.INT64, buffer(8).putLong(value).array());
    }

    public static GgufValue float32(float value) {
        return new GgufValue(GgufValueType.FLOAT32, buffer(4).putFloat(value).array());
    }

    public static GgufValue float64(double value) {
        return new GgufValue(GgufValueType.FLOAT64, buffer(8).putDouble(value).array());
    }

    public static GgufValue bool(boolean value) {
        return new GgufValue(GgufValueType.BOOL, new byte[] {(byte) (value ? 1 : 0)});
    }

    public static GgufValue string(String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        return new GgufValue(
                GgufValueType.STRING,
                buffer(8 + text.length).putLong(text.length).put(text).array());
    }

    public static GgufValue strings(List<String> values) {
        return array(
                GgufValueType.STRING, values.stream().map(GgufValue::string).toList());
    }

    /** An array of INT32. */
    public static GgufValue integers(int... values) {
        byte[] bytes = new byte[Math.toIntExact(ARRAY_HEAD + 4L * values.length)];
        ByteBuffer target = array(bytes, GgufValueType.INT32, values.length);
        for (int value : values) {
            target.putInt(value);
        }
        return new GgufValue(GgufValueType.ARRAY, bytes);
    }

    /** An array of FLOAT32. */
    public static GgufValue floats(float... values) {
        byte[] bytes = new byte[Math.toIntExact(ARRAY_HEAD + 4L * values.length)];
        ByteBuffer target = array(bytes, GgufValueType.FLOAT32, values.length);
        for (float value : values) {
            target.putFloat(value);
        }
        return new GgufValue(GgufValueType.ARRAY, bytes);
    }

    /**
     * An array of one or more values of one type.
     *
     * @throws IllegalArgumentException if there is none, or they are of several types or arrays themselves
     */
    public static GgufValue array(List<GgufValue> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("an array without values has no type");
        }
        GgufValueType type = values.getFirst().type;
        if (type == GgufValueType.ARRAY || values.stream().anyMatch(value -> value.type != type)) {
            throw new IllegalArgumentException("an array holds values of one plain type");
        }
        return array(type, values);
    }

    private static GgufValue array(GgufValueType type, List<GgufValue> values) {
        long length = values.stream().mapToLong(value -> value.bytes.length).sum();
        byte[] bytes = new byte[Math.toIntExact(ARRAY_HEAD + length)];
        ByteBuffer target = array(bytes, type, values.size());
        values.forEach(value -> target.put(value.bytes));
        return new GgufValue(GgufValueType.ARRAY, bytes);
    }

    /** A value as another file has it. */
    static GgufValue copied(GgufValueType type, byte[] bytes) {
        return new GgufValue(type, bytes);
    }

    /** What goes into {@code bytes} after the head of an array, which is written here. */
    private static ByteBuffer array(byte[] bytes, GgufValueType type, int count) {
        return ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type.number())
                .putLong(count);
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long inRange(long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%d is out of range, %d to %d".formatted(value, least, most));
        }
        return value;
    }

    GgufValueType type() {
        return type;
    }

    /** What follows the type's number in the file. */
    byte[] bytes() {
        return bytes;
    }
}

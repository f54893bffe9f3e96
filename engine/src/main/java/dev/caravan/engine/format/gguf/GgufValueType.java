package dev.caravan.engine.format.gguf;

import java.util.Arrays;

/** The types of metadata values, in the order of their numbers in the file (GGUF specification, version 3). */
enum GgufValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    /** u64 byte count, UTF-8. */
    STRING(8),
    /** u32 element type, u64 element count, elements. */
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final GgufValueType[] BY_NUMBER = values();

    private final int leastBytes;

    GgufValueType(int leastBytes) {
        this.leastBytes = leastBytes;
    }

    static GgufValueType ofNumber(GgufCursor cursor, long number, String key) {
        if (number >= BY_NUMBER.length) {
            throw cursor.broken("the metadata key %s has the unknown value type %d".formatted(key, number));
        }
        return BY_NUMBER[(int) number];
    }

    /** The type's number in files. */
    int number() {
        return Arrays.asList(BY_NUMBER).indexOf(this);
    }

    /** The fewest bytes that a value of this type takes; for plain numbers also the most. */
    int leastBytes() {
        return leastBytes;
    }

    boolean isInteger() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
        };
    }

    boolean isFloat() {
        return this == FLOAT32 || this == FLOAT64;
    }
}

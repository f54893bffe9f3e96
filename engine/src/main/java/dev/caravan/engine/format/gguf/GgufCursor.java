package dev.caravan.engine.format.gguf;

import dev.caravan.engine.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Reads a GGUF header front to back and never past its end: every count and length is compared with the bytes that are
 * left before anything is allocated.
 */
final class GgufCursor {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path path;
    private final MemorySegment file;
    private long position;

    GgufCursor(Path path, MemorySegment file, long position) {
        this.path = path;
        this.file = file;
        this.position = position;
    }

    Path path() {
        return path;
    }

    /** Another cursor on the same file. */
    GgufCursor at(long otherPosition) {
        return new GgufCursor(path, file, otherPosition);
    }

    long position() {
        return position;
    }

    long remaining() {
        return file.byteSize() - position;
    }

    long u32() {
        return Integer.toUnsignedLong(file.get(U32, take(4, "a number")));
    }

    /** An unsigned 64-bit number that must not be above {@code limit}. */
    long u64(long limit, String what) {
        long value = file.get(U64, take(8, what));
        if (Long.compareUnsigned(value, limit) > 0) {
            throw broken("%s is %s, the limit is %d".formatted(what, Long.toUnsignedString(value), limit));
        }
        return value;
    }

    /** A number of {@code type} as a long. Unsigned 64-bit numbers above the range of long are refused. */
    long integer(GgufValueType type, String key) {
        return switch (type) {
            case UINT8, BOOL -> file.get(ValueLayout.JAVA_BYTE, take(1, key)) & 0xFF;
            case INT8 -> file.get(ValueLayout.JAVA_BYTE, take(1, key));
            case UINT16 -> file.get(U16, take(2, key)) & 0xFFFF;
            case INT16 -> file.get(U16, take(2, key));
            case UINT32 -> u32();
            case INT32 -> file.get(U32, take(4, key));
            case UINT64 -> u64(Long.MAX_VALUE, key);
            case INT64 -> file.get(U64, take(8, key));
            case FLOAT32, FLOAT64, STRING, ARRAY -> throw new IllegalArgumentException("not an integer: " + type);
        };
    }

    float floatingPoint(GgufValueType type, String key) {
        return type == GgufValueType.FLOAT64
                ? (float) Double.longBitsToDouble(file.get(U64, take(8, key)))
                : Float.intBitsToFloat(file.get(U32, take(4, key)));
    }

    /** A string of at most {@code limit} bytes; malformed UTF-8 becomes the replacement character. */
    String text(long limit, String what) {
        return new String(bytes(limit, what), StandardCharsets.UTF_8);
    }

    /** A string of at most {@code limit} bytes that must be well-formed UTF-8 and not empty. */
    String name(long limit, String what) {
        byte[] bytes = bytes(limit, what);
        if (bytes.length == 0) {
            throw broken(what + " is empty");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(java.nio.ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw broken(what + " is not UTF-8");
        }
    }

    void skipText(long limit, String what) {
        skip(u64(limit, "the length of " + what), what);
    }

    void skip(long bytes, String what) {
        take(bytes, what);
    }

    /** The bytes from one position to another. */
    byte[] copy(long start, long end) {
        return file.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE);
    }

    private byte[] bytes(long limit, String what) {
        long length = u64(limit, "the length of " + what);
        long start = take(length, what);
        return file.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Moves on by so many bytes and gives where they start. */
    private long take(long bytes, String what) {
        if (bytes > remaining()) {
            throw broken("the file ends inside %s at byte %d".formatted(what, file.byteSize()));
        }
        long start = position;
        position += bytes;
        return start;
    }

    /** The file is not what it says; fetching it again may help. */
    ModelFormatException broken(String problem) {
        return new ModelFormatException(path, problem + "; the file is damaged, download it again");
    }

    /** The file may be sound, but this engine cannot run it. */
    ModelFormatException refused(String problem) {
        return new ModelFormatException(path, problem);
    }

    static String printable(String name) {
        StringBuilder safe = new StringBuilder(name.length());
        name.codePoints()
                .limit(64)
                .forEach(c -> safe.append(
                        Character.isISOControl(c) ? String.format(Locale.ROOT, "\\u%04x", c) : Character.toString(c)));
        return safe.toString();
    }
}

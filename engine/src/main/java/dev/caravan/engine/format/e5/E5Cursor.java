package dev.caravan.engine.format.e5;

import dev.caravan.engine.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Reads a mapped file from front to back; nothing beyond its end, and every count against its limit. Not thread-safe. */
final class E5Cursor {

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final MemorySegment data;
    private long position;

    E5Cursor(Path file, MemorySegment data, long position) {
        this.file = file;
        this.data = data;
        this.position = position;
    }

    long position() {
        return position;
    }

    /** Where the next so many bytes begin; the cursor moves behind them. */
    private long take(long bytes) {
        if (bytes > data.byteSize() - position) {
            throw broken("is truncated at byte %d of %d".formatted(position, data.byteSize()));
        }
        long start = position;
        position += bytes;
        return start;
    }

    MemorySegment bytes(long count) {
        return data.asSlice(take(count), count);
    }

    int unsignedByte() {
        return Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, take(Byte.BYTES)));
    }

    int unsignedShort() {
        return Short.toUnsignedInt(data.get(SHORT, take(Short.BYTES)));
    }

    int integer() {
        return data.get(INT, take(Integer.BYTES));
    }

    float floatValue() {
        return data.get(FLOAT, take(Float.BYTES));
    }

    /** A 32-bit count between two limits. */
    int count(String what, int least, int most) {
        int value = integer();
        if (value < least || value > most) {
            throw broken("says %s = %d, where %d to %d are possible".formatted(what, value, least, most));
        }
        return value;
    }

    /** A 64-bit count or offset between two limits. */
    long count(String what, long least, long most) {
        long value = data.get(LONG, take(Long.BYTES));
        if (value < least || value > most) {
            throw broken("says %s = %d, where %d to %d are possible".formatted(what, value, least, most));
        }
        return value;
    }

    /** What is wrong with the file, in a sentence that begins with its name. */
    ModelFormatException broken(String problem) {
        return new ModelFormatException(
                file,
                "the e5 file %s; fetch it again (./caravan models pull multilingual-e5-small)".formatted(problem));
    }
}

package dev.caravan.engine.format.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes GGUF files byte by byte, right ones and wrong ones. */
public final class GgufBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** The start of a file of version 3. */
    public static GgufBytes header(long tensors, long pairs) {
        return new GgufBytes()
                .raw("GGUF".getBytes(StandardCharsets.US_ASCII))
                .u32(3)
                .u64(tensors)
                .u64(pairs);
    }

    public GgufBytes raw(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    public GgufBytes u32(long value) {
        return raw(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array());
    }

    public GgufBytes u64(long value) {
        return raw(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }

    public GgufBytes f32(float value) {
        return u32(Float.floatToRawIntBits(value));
    }

    /** A length and UTF-8. */
    public GgufBytes text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return u64(bytes.length).raw(bytes);
    }

    public GgufBytes stringPair(String key, String value) {
        return text(key).u32(8).text(value);
    }

    public GgufBytes u32Pair(String key, long value) {
        return text(key).u32(4).u32(value);
    }

    public GgufBytes f32Pair(String key, float value) {
        return text(key).u32(6).f32(value);
    }

    public GgufBytes boolPair(String key, boolean value) {
        return text(key).u32(7).raw((byte) (value ? 1 : 0));
    }

    public GgufBytes stringsPair(String key, String... values) {
        text(key).u32(9).u32(8).u64(values.length);
        for (String value : values) {
            text(value);
        }
        return this;
    }

    public GgufBytes floatsPair(String key, float... values) {
        text(key).u32(9).u32(6).u64(values.length);
        for (float value : values) {
            f32(value);
        }
        return this;
    }

    public GgufBytes intsPair(String key, int... values) {
        text(key).u32(9).u32(5).u64(values.length);
        for (int value : values) {
            u32(value);
        }
        return this;
    }

    /** A tensor's description; extents innermost first, as in the file. */
    public GgufBytes tensor(String name, long type, long offset, long... extents) {
        text(name).u32(extents.length);
        for (long extent : extents) {
            u64(extent);
        }
        return u32(type).u64(offset);
    }

    public GgufBytes padTo(int alignment) {
        while (out.size() % alignment != 0) {
            out.write(0);
        }
        return this;
    }

    public byte[] bytes() {
        return out.toByteArray();
    }

    public Path write(Path file) {
        try {
            return Files.write(file, bytes());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

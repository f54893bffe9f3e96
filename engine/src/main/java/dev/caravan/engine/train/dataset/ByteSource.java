package dev.caravan.engine.train.dataset;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of a file one after another, with the place and the line of the next one. */
final class ByteSource implements Closeable {
    private static final int CHUNK_BYTES = 1 << 16;

    private final InputStream stream;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private int at;
    private int end;
    private long offset;
    private long line = 1;

    ByteSource(Path file) throws IOException {
        stream = Files.newInputStream(file);
    }

    /** The next byte, from 0 to 255, or -1 at the end; it stays the next one. */
    int peek() throws IOException {
        if (at == end) {
            at = 0;
            end = stream.readNBytes(chunk, 0, chunk.length);
        }
        return at == end ? -1 : chunk[at] & 0xFF;
    }

    /** The next byte, from 0 to 255, or -1 at the end. */
    int read() throws IOException {
        int value = peek();
        if (value >= 0) {
            at++;
            offset++;
            line += value == '\n' ? 1 : 0;
        }
        return value;
    }

    /** Passes bytes of white space, of JSON's kinds. */
    void skipSpace() throws IOException {
        while (isSpace(peek())) {
            read();
        }
    }

    static boolean isSpace(int value) {
        return value == ' ' || value == '\t' || value == '\n' || value == '\r';
    }

    /** The place of the next byte in the file, from 0. */
    long offset() {
        return offset;
    }

    /** The line of the next byte, from 1. */
    long line() {
        return line;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}

package dev.caravan.engine.train.dataset;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a file into rows without holding more than one: JSON lines, the elements of a JSON array, or paragraphs. Elements
 * are told apart by brackets and quotes alone, so that one that is not sound costs no other row.
 */
final class RowScanner {

    /** How rows lie in a file. */
    enum Layout {
        LINES,
        ARRAY,
        PARAGRAPHS
    }

    private final ByteSource source;
    private final Layout layout;
    private final int maxRowBytes;
    private final ByteArrayOutputStream row = new ByteArrayOutputStream();
    private long rowLine;
    private long rowOffset;
    private long rowLength;
    private boolean isOpened;
    private boolean isClosed;

    /** @param source at the first byte behind a byte order mark */
    RowScanner(ByteSource source, Layout layout, int maxRowBytes) {
        this.source = source;
        this.layout = layout;
        this.maxRowBytes = maxRowBytes;
    }

    /**
     * The next row, or null behind the last one. Rows of white space are passed over.
     *
     * @throws InvalidRowException if the array is not closed, or something follows it; there is no next row then
     */
    @Nullable
    RawRow next() throws IOException {
        return switch (layout) {
            case LINES -> nextLine();
            case ARRAY -> nextElement();
            case PARAGRAPHS -> nextParagraph();
        };
    }

    private @Nullable RawRow nextLine() throws IOException {
        source.skipSpace();
        if (source.peek() < 0) {
            return null;
        }
        begin();
        while (source.peek() >= 0 && source.peek() != '\n') {
            take();
        }
        return finished();
    }

    private @Nullable RawRow nextParagraph() throws IOException {
        source.skipSpace();
        if (source.peek() < 0) {
            return null;
        }
        begin();
        boolean isBlankLine = false;
        while (source.peek() >= 0) {
            int value = source.peek();
            if (value == '\n' && isBlankLine) {
                break;
            }
            isBlankLine = value == '\n' || (isBlankLine && ByteSource.isSpace(value));
            take();
        }
        return finished();
    }

    private @Nullable RawRow nextElement() throws IOException {
        if (!isOpened) {
            source.skipSpace();
            source.read();
            isOpened = true;
        }
        if (isClosed) {
            return null;
        }
        while (ByteSource.isSpace(source.peek()) || source.peek() == ',') {
            source.read();
        }
        if (source.peek() < 0) {
            isClosed = true;
            throw new InvalidRowException("the array has no closing bracket; the file was cut off, so take it again");
        }
        if (source.peek() == ']') {
            source.read();
            isClosed = true;
            requireEnd();
            return null;
        }
        begin();
        takeElement();
        return finished();
    }

    private void requireEnd() throws IOException {
        source.skipSpace();
        if (source.peek() >= 0) {
            throw new InvalidRowException(
                    "something follows the closing bracket of the array and was not read; remove it");
        }
    }

    /** Up to the comma or the bracket behind an element. */
    private void takeElement() throws IOException {
        int depth = 0;
        boolean isString = false;
        while (source.peek() >= 0) {
            int value = source.peek();
            if (isString && value == '\\') {
                take();
                if (source.peek() >= 0) {
                    take();
                }
                continue;
            }
            if (value == '"') {
                isString = !isString;
            } else if (!isString && (value == '{' || value == '[')) {
                depth++;
            } else if (!isString && depth == 0 && (value == ',' || value == ']')) {
                return;
            } else if (!isString && (value == '}' || value == ']')) {
                depth--;
            }
            take();
        }
    }

    private void begin() {
        row.reset();
        rowLine = source.line();
        rowOffset = source.offset();
        rowLength = 0;
    }

    private void take() throws IOException {
        int value = source.read();
        if (rowLength < maxRowBytes) {
            row.write(value);
        }
        rowLength++;
    }

    private RawRow finished() {
        return new RawRow(rowLine, rowOffset, rowLength, row.toByteArray());
    }
}

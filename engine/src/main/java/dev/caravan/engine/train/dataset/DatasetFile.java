package dev.caravan.engine.train.dataset;

import dev.caravan.engine.train.dataset.RowScanner.Layout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A file of rows, read row by row. */
final class DatasetFile {

    /** Takes what is read. */
    interface Handler {

        /**
         * A row that is sound.
         *
         * @throws InvalidRowException if it cannot be used all the same; it is reported as one that is not sound
         */
        void row(RawRow raw, DatasetRow row);

        void problem(RowProblem problem);
    }

    private final Path path;
    private final DatasetLimits limits;
    private final boolean isPlainText;
    private final RowParser parser;

    /**
     * @param format null to recognise it
     * @throws DatasetException if there is no such file, or it is too large
     */
    DatasetFile(Path path, @Nullable DatasetFormat format, DatasetLimits limits) {
        this.path = path;
        this.limits = limits;
        requireReadable();
        isPlainText = isPlainText(format);
        parser = new RowParser(format, isPlainText);
    }

    private void requireReadable() {
        if (!Files.isRegularFile(path)) {
            throw new DatasetException(
                    path,
                    Files.isDirectory(path)
                            ? "it is a folder; name a file of training data"
                            : "there is no such file; name a file of training data");
        }
        try {
            long bytes = Files.size(path);
            if (bytes > limits.maxFileBytes()) {
                throw new DatasetException(
                        path,
                        "it has %d bytes, more than the %d that are read; split it"
                                .formatted(bytes, limits.maxFileBytes()));
            }
            if (bytes == 0) {
                throw new DatasetException(path, "it is empty; write at least one row");
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + path, failure);
        }
    }

    private boolean isPlainText(@Nullable DatasetFormat format) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        boolean isNamedJson = name.endsWith(".jsonl") || name.endsWith(".json") || name.endsWith(".ndjson");
        boolean isNamedText = name.endsWith(".txt") || name.endsWith(".md");
        return format == null ? isNamedText : format == DatasetFormat.TEXT && !isNamedJson;
    }

    Path path() {
        return path;
    }

    RowParser parser() {
        return parser;
    }

    /** The format, none as long as no row was in any. */
    Optional<DatasetFormat> format() {
        return parser.format();
    }

    /**
     * Hands on every row and every problem in the order of the file.
     *
     * @throws DatasetException if the file is no text, or has too many rows
     */
    void read(Handler handler) {
        try (ByteSource source = new ByteSource(path)) {
            requireText(source);
            RowScanner scanner = new RowScanner(source, layout(source), limits.maxRowBytes());
            int rows = 0;
            while (readOne(scanner, source, handler)) {
                if (++rows > limits.maxRows()) {
                    throw new DatasetException(
                            path, "it has more than the %d rows that are read; split it".formatted(limits.maxRows()));
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + path, failure);
        }
    }

    private boolean readOne(RowScanner scanner, ByteSource source, Handler handler) throws IOException {
        long line = source.line();
        try {
            RawRow raw = scanner.next();
            if (raw == null) {
                return false;
            }
            line = raw.line();
            if (raw.isTooLong()) {
                throw new InvalidRowException("it has %d bytes, more than the %d of a row; split it"
                        .formatted(raw.length(), limits.maxRowBytes()));
            }
            handler.row(raw, parser.parse(raw.bytes()));
        } catch (InvalidRowException problem) {
            handler.problem(new RowProblem(line, problem.problem()));
        }
        return true;
    }

    private Layout layout(ByteSource source) throws IOException {
        if (isPlainText) {
            return Layout.PARAGRAPHS;
        }
        source.skipSpace();
        return source.peek() == '[' ? Layout.ARRAY : Layout.LINES;
    }

    /** Passes UTF-8's byte order mark; UTF-16's, and the first bytes of packed files, are refused. */
    private void requireText(ByteSource source) throws IOException {
        int first = source.peek();
        if (first == 0xEF) {
            source.read();
            if (source.read() != 0xBB || source.read() != 0xBF) {
                throw new DatasetException(path, "it does not begin with UTF-8 text; save it as UTF-8");
            }
        } else if (first == 0xFE || first == 0xFF) {
            throw new DatasetException(path, "it is UTF-16; save it as UTF-8");
        } else if (first == 0x1F || first == 0) {
            throw new DatasetException(path, "it is no text file; unpack it, or save it as JSON lines");
        }
    }
}

package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JacksonException;

/**
 * Parses and checks everything of a safetensors file but the numbers:
 *
 * <pre>
 * u64 n, little-endian | n bytes of JSON, spaces at its end | data; offsets count from here
 * JSON: {"__metadata__": {"format": "pt"}, "NAME": {"dtype": "BF16", "shape": [2, 4], "data_offsets": [0, 16]}, …}
 * </pre>
 *
 * The tensors cover the data without overlap and without holes. Source: safetensors 0.8.0, its README and
 * {@code safetensors/src/tensor.rs}.
 */
record SafetensorsHeader(Map<String, String> metadata, List<RawTensor> tensors) {

    /** The reference's limit. */
    static final int MAX_HEADER_BYTES = 100_000_000;

    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int LENGTH_BYTES = 8;

    /**
     * Reads the header of a mapped file.
     *
     * @param path named in errors
     * @throws ModelFormatException if the header is damaged, or the file does not hold what it states
     */
    static SafetensorsHeader read(Path path, MemorySegment file) {
        long headerBytes = headerBytes(path, file);
        MemorySegment header = file.asSlice(LENGTH_BYTES, headerBytes);
        MemorySegment data = file.asSlice(LENGTH_BYTES + headerBytes);
        HeaderParser.Content content = parse(path, header);
        List<RawTensor> tensors = new ArrayList<>();
        List<HeaderParser.Entry> entries = content.tensors();
        for (HeaderParser.Entry entry : entries) {
            tensors.add(tensor(path, entry, data));
        }
        requireWholeCover(path, entries, data.byteSize());
        return new SafetensorsHeader(content.metadata(), List.copyOf(tensors));
    }

    private static long headerBytes(Path path, MemorySegment file) {
        if (file.byteSize() < LENGTH_BYTES) {
            throw broken(path, "the file has only %d bytes".formatted(file.byteSize()));
        }
        long headerBytes = file.get(U64, 0);
        if (headerBytes < 0 || headerBytes > MAX_HEADER_BYTES) {
            throw new ModelFormatException(path, otherKind(file));
        }
        if (headerBytes > file.byteSize() - LENGTH_BYTES) {
            throw broken(
                    path,
                    "the header should have %d bytes, the file has only %d".formatted(headerBytes, file.byteSize()));
        }
        // Two bytes also rule out the byte order marks and the encodings that a JSON reader would accept.
        if (headerBytes < 2 || file.get(ValueLayout.JAVA_BYTE, 8) != '{' || file.get(ValueLayout.JAVA_BYTE, 9) == 0) {
            throw new ModelFormatException(
                    path, "this is not a safetensors file, its header does not start with {; take another file");
        }
        return headerBytes;
    }

    /** What a file is whose first bytes do not give the length of a header: the kinds that users meet. */
    private static String otherKind(MemorySegment file) {
        byte[] start = file.asSlice(0, LENGTH_BYTES).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(start, StandardCharsets.ISO_8859_1);
        if (text.equals("version ")) {
            return "this is a Git LFS pointer and not the weights; fetch the file itself (git lfs pull)";
        }
        if (text.startsWith("PK")) {
            return "this is a pickle or zip archive; " + PickleFiles.ADVICE;
        }
        if (text.startsWith("GGUF")) {
            return "this is a GGUF file; give it a name that ends in .gguf";
        }
        return "this is not a safetensors file, the length of its header is above %d; take another file"
                .formatted(MAX_HEADER_BYTES);
    }

    private static HeaderParser.Content parse(Path path, MemorySegment header) {
        try {
            return HeaderParser.parse(new SegmentInputStream(header));
        } catch (HeaderParser.UnsoundHeaderException unsound) {
            throw broken(path, unsound.problem());
        } catch (JacksonException unsound) {
            throw new ModelFormatException(
                    path,
                    "the header is not sound JSON (%s); the file is damaged, download it again"
                            .formatted(printable(unsound.getOriginalMessage())),
                    unsound);
        }
    }

    private static RawTensor tensor(Path path, HeaderParser.Entry entry, MemorySegment data) {
        String shown = printable(entry.name());
        SafetensorsType type = SafetensorsType.named(entry.type())
                .orElseThrow(() -> new ModelFormatException(
                        path,
                        "the tensor %s has the dtype %s, which safetensors does not know; take another build of the model"
                                .formatted(shown, printable(entry.type()))));
        if (entry.begin() > entry.end() || entry.end() > data.byteSize()) {
            throw broken(
                    path,
                    "the tensor %s should lie from %d to %d, the file has %d bytes of data"
                            .formatted(shown, entry.begin(), entry.end(), data.byteSize()));
        }
        long bytes = entry.end() - entry.begin();
        if (bytes != bytes(entry.shape(), type)) {
            throw broken(
                    path,
                    "the tensor %s has %d bytes, which is not what %s of the shape %s takes"
                            .formatted(shown, bytes, type, Arrays.toString(entry.shape())));
        }
        return new RawTensor(entry.name(), type, entry.shape(), data.asSlice(entry.begin(), bytes));
    }

    /** The bytes that so many numbers take, -1 if they are no whole number of bytes or beyond every file. */
    private static long bytes(long[] shape, SafetensorsType type) {
        try {
            long bits = type.bits();
            for (long extent : shape) {
                bits = Math.multiplyExact(bits, extent);
            }
            return bits % 8 == 0 ? bits / 8 : -1;
        } catch (ArithmeticException beyondLong) {
            return -1;
        }
    }

    private static void requireWholeCover(Path path, List<HeaderParser.Entry> entries, long dataBytes) {
        List<HeaderParser.Entry> byPosition = new ArrayList<>(entries);
        byPosition.sort(Comparator.comparingLong(HeaderParser.Entry::begin).thenComparingLong(HeaderParser.Entry::end));
        long position = 0;
        for (HeaderParser.Entry entry : byPosition) {
            if (entry.begin() != position) {
                throw broken(
                        path,
                        "the tensor %s starts at %d where %d is due: the tensors overlap or leave a hole"
                                .formatted(printable(entry.name()), entry.begin(), position));
            }
            position = entry.end();
        }
        if (position != dataBytes) {
            throw broken(
                    path, "the tensors take %d bytes, the file has %d bytes of data".formatted(position, dataBytes));
        }
    }

    private static ModelFormatException broken(Path path, String problem) {
        return new ModelFormatException(path, problem + "; the file is damaged, download it again");
    }

    /** A name as it may stand in a message: its first 120 characters, control characters escaped. */
    static String printable(String name) {
        StringBuilder safe = new StringBuilder();
        name.codePoints()
                .limit(120)
                .forEach(c -> safe.append(
                        Character.isISOControl(c) ? String.format(Locale.ROOT, "\\u%04x", c) : Character.toString(c)));
        return safe.toString();
    }
}

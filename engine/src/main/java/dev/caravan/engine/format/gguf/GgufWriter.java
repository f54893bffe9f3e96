package dev.caravan.engine.format.gguf;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.format.TensorContent;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Collects metadata and tensors and writes them as a GGUF file of version 3, whose layout {@link GgufHeader} draws. Keys
 * and tensors keep the order of adding; {@code general.architecture} belongs first. The file appears whole or not at
 * all. For one thread.
 */
public final class GgufWriter {

    /** A tensor that will be written; the shape outermost first. */
    @SuppressWarnings("ArrayRecordComponent") // copied when it is added, never written
    private record Entry(DType dtype, long[] shape, long bytes, TensorContent content) {}

    private static final int VERSION = 3;
    private static final int MAX_DIMENSIONS = 4;

    /** llama.cpp keeps a name in 64 bytes, the last one a zero. */
    private static final int MAX_NAME_BYTES = 63;

    private final int alignment;
    private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
    private final Map<String, Entry> tensors = new LinkedHashMap<>();

    /** With tensors at multiples of 32 bytes. */
    public GgufWriter() {
        this(GgufHeader.DEFAULT_ALIGNMENT);
    }

    /**
     * With tensors at multiples of so many bytes, which the file then says.
     *
     * @param alignment a power of two of at least 8
     */
    public GgufWriter(int alignment) {
        if (alignment < 8 || alignment > GgufHeader.MAX_ALIGNMENT || Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("an alignment of %d is no power of two from 8 to %d"
                    .formatted(alignment, GgufHeader.MAX_ALIGNMENT));
        }
        this.alignment = alignment;
    }

    /** Sets a key, in the place of its first setting. Of {@code general.alignment} the writer knows the value itself. */
    public GgufWriter put(String key, GgufValue value) {
        if (key.isEmpty()) {
            throw new IllegalArgumentException("a key is empty");
        }
        metadata.put(key, key.equals(GgufHeader.ALIGNMENT) ? GgufValue.uint32(alignment) : value);
        return this;
    }

    /** Copies all keys of another file, whatever their types. */
    public GgufWriter putAll(GgufMetadata other) {
        other.keys().forEach(key -> put(key, other.encoded(key)));
        return this;
    }

    /**
     * Adds a tensor.
     *
     * @param shape outermost first, as {@link Tensor} has it; the file gets the reverse
     * @param content gives exactly the bytes that type and shape take
     * @throws IllegalArgumentException if GGUF has no such type, the rows are no whole blocks, or the name is taken
     */
    public GgufWriter add(String name, DType dtype, long[] shape, TensorContent content) {
        if (GgufTensorTypes.number(dtype) < 0) {
            throw new IllegalArgumentException(
                    "the tensor %s is %s, which GGUF does not have; convert it to Q4_0, Q8_0 or another of GGUF's types"
                            .formatted(name, dtype));
        }
        int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (nameBytes == 0 || nameBytes > MAX_NAME_BYTES) {
            throw new IllegalArgumentException(
                    "the name %s has %d bytes, 1 to %d are possible".formatted(name, nameBytes, MAX_NAME_BYTES));
        }
        if (shape.length == 0
                || shape.length > MAX_DIMENSIONS
                || shape[shape.length - 1] % dtype.blockElements() != 0) {
            throw new IllegalArgumentException("the tensor %s of %d dimensions does not fill blocks of %d (%s)"
                    .formatted(name, shape.length, dtype.blockElements(), dtype));
        }
        long elements = 1;
        for (long extent : shape) {
            elements = Math.multiplyExact(elements, extent);
        }
        if (tensors.putIfAbsent(name, new Entry(dtype, shape.clone(), dtype.byteSize(elements), content)) != null) {
            throw new IllegalArgumentException("the tensor %s was added before".formatted(name));
        }
        return this;
    }

    /** Adds weights as they are, under another name. */
    public GgufWriter add(String name, Tensor tensor) {
        return add(name, tensor.dtype(), tensor.shape(), TensorContent.of(tensor.data()));
    }

    /** The bytes of all tensors that were added. */
    public long tensorBytes() {
        return tensors.values().stream().mapToLong(Entry::bytes).sum();
    }

    /**
     * Writes the file; one of that name is replaced.
     *
     * @throws UncheckedIOException if the system cannot write
     */
    public void writeFile(Path path) {
        try (AtomicFile file = AtomicFile.create(path)) {
            file.put(MemorySegment.ofArray(header()));
            file.padTo(alignment);
            for (Map.Entry<String, Entry> named : tensors.entrySet()) {
                Entry entry = named.getValue();
                long start = file.position();
                entry.content.writeTo(file);
                if (file.position() - start != entry.bytes) {
                    throw new IllegalStateException("the tensor %s gave %d bytes, expected %d"
                            .formatted(named.getKey(), file.position() - start, entry.bytes));
                }
                // The last one too: llama.cpp reads whole multiples.
                file.padTo(alignment);
            }
            file.commit();
        }
    }

    private byte[] header() {
        Map<String, GgufValue> pairs = new LinkedHashMap<>(metadata);
        if (alignment != GgufHeader.DEFAULT_ALIGNMENT) {
            pairs.putIfAbsent(GgufHeader.ALIGNMENT, GgufValue.uint32(alignment));
        }
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        put32(header, GgufHeader.MAGIC);
        put32(header, VERSION);
        put64(header, tensors.size());
        put64(header, pairs.size());
        pairs.forEach((key, value) -> {
            putText(header, key);
            put32(header, value.type().number());
            header.writeBytes(value.bytes());
        });
        long offset = 0;
        for (Map.Entry<String, Entry> named : tensors.entrySet()) {
            Entry entry = named.getValue();
            putText(header, named.getKey());
            put32(header, entry.shape.length);
            for (int i = entry.shape.length - 1; i >= 0; i--) {
                put64(header, entry.shape[i]);
            }
            put32(header, GgufTensorTypes.number(entry.dtype));
            put64(header, offset);
            offset += Math.ceilDiv(entry.bytes, alignment) * alignment;
        }
        return header.toByteArray();
    }

    private static void putText(ByteArrayOutputStream header, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        put64(header, bytes.length);
        header.writeBytes(bytes);
    }

    private static void put32(ByteArrayOutputStream header, long value) {
        header.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array());
    }

    private static void put64(ByteArrayOutputStream header, long value) {
        header.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }
}

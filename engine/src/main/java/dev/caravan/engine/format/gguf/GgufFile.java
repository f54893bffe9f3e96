package dev.caravan.engine.format.gguf;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model's file, mapped into memory: metadata and tensors. The whole header is checked when the file is opened; the
 * weights are paged in by the system when they are first read. Immutable and thread-safe.
 *
 * <p>The file owns the mapping. Its tensors and metadata must not be used after {@link #close()}.
 */
public final class GgufFile implements AutoCloseable {

    private final Path path;
    private final Arena arena;
    private final long byteSize;
    private final GgufMetadata metadata;
    private final Map<String, Tensor> tensors;

    private GgufFile(Path path, Arena arena, MemorySegment mapping, GgufHeader header) {
        this.path = path;
        this.arena = arena;
        this.byteSize = mapping.byteSize();
        this.metadata = header.metadata();
        this.tensors = new LinkedHashMap<>();
        for (GgufHeader.TensorEntry entry : header.tensors()) {
            MemorySegment data = mapping.asSlice(entry.position(), entry.bytes());
            tensors.put(entry.name(), new Tensor(entry.name(), entry.dtype(), entry.shape(), data));
        }
    }

    /**
     * Maps and checks a file.
     *
     * @throws ModelFormatException if there is no such file, or it is not a GGUF file of version 2 or 3, or is damaged,
     *     or holds a tensor of a type that the engine cannot run
     * @throws UncheckedIOException if the system cannot read it
     */
    @SuppressWarnings("MustBeClosedChecker") // the file that is returned owns the arena
    public static GgufFile open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new ModelFormatException(path, "there is no such file; give the path of a .gguf model");
        }
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment mapping = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            GgufHeader header = GgufHeader.read(new GgufCursor(path, mapping, 0));
            GgufFile file = new GgufFile(path, arena, mapping, header);
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

    public GgufMetadata metadata() {
        return metadata;
    }

    /** The names of all tensors in the order of the file. */
    public List<String> tensorNames() {
        return List.copyOf(new ArrayList<>(tensors.keySet()));
    }

    /**
     * The tensor of that name. Its shape is outermost first, the reverse of the file: a linear layer is {@code [out,
     * in]}.
     *
     * @throws ModelFormatException if the file has no such tensor
     */
    public Tensor tensor(String name) {
        return findTensor(name)
                .orElseThrow(() -> new ModelFormatException(
                        path, "the tensor %s is missing; take a complete build of the model".formatted(name)));
    }

    public Optional<Tensor> findTensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** Unmaps the file. Calls that still read its tensors fail with {@link IllegalStateException}. */
    @Override
    public void close() {
        arena.close();
    }
}

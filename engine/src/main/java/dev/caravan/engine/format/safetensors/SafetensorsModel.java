package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.Tensor;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The weights of one model in safetensors: one file, or several that an index names. Thread-safe.
 *
 * <p>The model owns its files. Its tensors must not be used after {@link #close()}.
 */
public final class SafetensorsModel implements AutoCloseable {

    /** A tensor and the file that it lies in, for messages. */
    record Placed(Path file, RawTensor raw) {}

    private final Path path;
    private final List<SafetensorsFile> files;
    private final Map<String, Placed> tensors = new LinkedHashMap<>();

    private SafetensorsModel(Path path, List<SafetensorsFile> files) {
        this.path = path;
        this.files = files;
        for (SafetensorsFile file : files) {
            for (String name : file.tensorNames()) {
                tensors.put(name, new Placed(file.path(), file.raw(name)));
            }
        }
    }

    /**
     * Opens and checks all files of a model.
     *
     * @param path the model's folder ({@code model.safetensors}, or {@code model.safetensors.index.json} and its files),
     *     its index, one of the indexed files, or a single .safetensors file
     * @throws ModelFormatException if there is no model, a file is missing or damaged, or index and files do not agree
     * @throws UncheckedIOException if the system cannot read a file
     */
    public static SafetensorsModel open(Path path) {
        ModelFiles located = ModelFiles.locate(path);
        List<SafetensorsFile> files = new ArrayList<>();
        boolean opened = false;
        try {
            for (Path file : located.weights()) {
                files.add(SafetensorsFile.open(file));
            }
            located.index().ifPresent(index -> index.check(files));
            SafetensorsModel model = new SafetensorsModel(path, List.copyOf(files));
            opened = true;
            return model;
        } finally {
            if (!opened) {
                files.forEach(SafetensorsFile::close);
            }
        }
    }

    /** What {@link #open(Path)} was given. */
    public Path path() {
        return path;
    }

    /** The folder of the weights, where config.json and the tokenizer's files lie as well. */
    public Path folder() {
        return files.getFirst().path().resolveSibling("");
    }

    /** The .safetensors files in the order of their names. */
    public List<Path> weightFiles() {
        return files.stream().map(SafetensorsFile::path).toList();
    }

    /** The bytes of all files. */
    public long byteSize() {
        return files.stream().mapToLong(SafetensorsFile::byteSize).sum();
    }

    /** The bytes of all tensors. */
    public long weightBytes() {
        return tensors.values().stream()
                .mapToLong(placed -> placed.raw.data().byteSize())
                .sum();
    }

    /** The names of all tensors, file by file. */
    public List<String> tensorNames() {
        return List.copyOf(tensors.keySet());
    }

    /**
     * The weights of that name.
     *
     * @throws ModelFormatException if there is no such tensor, or its numbers are of a type that the engine does not
     *     compute with
     */
    public Tensor tensor(String name) {
        return findTensor(name)
                .orElseThrow(() -> new ModelFormatException(
                        path, "the tensor %s is missing; take a complete build of the model".formatted(name)));
    }

    public Optional<Tensor> findTensor(String name) {
        return Optional.ofNullable(tensors.get(name)).map(found -> SafetensorsFile.weights(found.file, found.raw));
    }

    /** The tensor of that name as it lies in its file, of whatever type. */
    public Optional<RawTensor> findRaw(String name) {
        return Optional.ofNullable(tensors.get(name)).map(Placed::raw);
    }

    /** Unmaps the files. Calls that still read their tensors fail with {@link IllegalStateException}. */
    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}

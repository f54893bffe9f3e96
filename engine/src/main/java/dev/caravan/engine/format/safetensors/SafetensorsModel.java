package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.Tensor;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The weights of one model in safetensors: one file, or several that an index names. Weights that bitsandbytes quantised
 * appear as one tensor of {@code NF4}, {@code FP4} or {@code INT8} under the weight's name; they are put together in
 * memory when they are first asked for. Thread-safe.
 *
 * <p>The model owns its files and that memory. Its tensors must not be used after {@link #close()}.
 */
public final class SafetensorsModel implements AutoCloseable {

    private final Path path;
    private final List<SafetensorsFile> files;
    private final Map<String, PlacedTensor> tensors = new LinkedHashMap<>();
    private final Map<String, QuantizedWeight> quantized = new LinkedHashMap<>();
    private final List<String> names;

    /** Owns the unpacked weights. */
    private final Arena arena;

    private final Map<String, Tensor> unpacked = new ConcurrentHashMap<>();

    @SuppressWarnings("MustBeClosedChecker") // closed with the model
    private SafetensorsModel(Path path, List<SafetensorsFile> files) {
        this.path = path;
        this.files = files;
        for (SafetensorsFile file : files) {
            for (String name : file.tensorNames()) {
                tensors.put(name, new PlacedTensor(file.path(), file.raw(name)));
            }
        }
        BitsandbytesWeights found = BitsandbytesWeights.collect(tensors);
        found.weights().forEach(weight -> quantized.put(weight.name(), weight));
        this.names = tensors.keySet().stream()
                .filter(name -> !found.parts().contains(name))
                .toList();
        this.arena = Arena.ofShared();
    }

    /**
     * Opens and checks all files of a model.
     *
     * @param path the model's folder ({@code model.safetensors}, or {@code model.safetensors.index.json} and its files),
     *     its index, one of the indexed files, or a single .safetensors file
     * @throws ModelFormatException if there is no model, a file is missing or damaged, index and files do not agree, or a
     *     quantised weight lacks a part
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
        return files.getFirst().path().toAbsolutePath().resolveSibling("");
    }

    /** The .safetensors files in the order of their names. */
    public List<Path> weightFiles() {
        return files.stream().map(SafetensorsFile::path).toList();
    }

    /** The bytes of all files. */
    public long byteSize() {
        return files.stream().mapToLong(SafetensorsFile::byteSize).sum();
    }

    /** The bytes of all tensors in the types that {@link #tensor} gives; nothing is put together for it. */
    public long weightBytes() {
        return names.stream().mapToLong(this::tensorBytes).sum();
    }

    /** The bytes of one tensor in the type that {@link #tensor} gives, 0 if there is none. */
    long tensorBytes(String name) {
        QuantizedWeight weight = quantized.get(name);
        return weight != null
                ? weight.byteSize()
                : findRaw(name).map(raw -> raw.data().byteSize()).orElse(0L);
    }

    /** The names of all tensors, file by file; of a weight in parts only its own. */
    public List<String> tensorNames() {
        return names;
    }

    /**
     * The weights of that name.
     *
     * @throws ModelFormatException if there is no such tensor, or its numbers are of a type that the engine does not
     *     compute with; {@link #findTensor} throws the latter as well
     */
    public Tensor tensor(String name) {
        return findTensor(name)
                .orElseThrow(() -> new ModelFormatException(
                        path, "the tensor %s is missing; take a complete build of the model".formatted(name)));
    }

    public Optional<Tensor> findTensor(String name) {
        QuantizedWeight weight = quantized.get(name);
        if (weight != null) {
            return Optional.of(unpacked.computeIfAbsent(name, absent -> weight.unpack(arena)));
        }
        return Optional.ofNullable(tensors.get(name)).map(found -> SafetensorsFile.weights(found.file(), found.raw()));
    }

    /** The tensor of that name as it lies in its file, of whatever type, parts of weights among them. */
    public Optional<RawTensor> findRaw(String name) {
        return Optional.ofNullable(tensors.get(name)).map(PlacedTensor::raw);
    }

    /** Unmaps the files. Calls that still read their tensors fail with {@link IllegalStateException}. */
    @Override
    public void close() {
        arena.close();
        files.forEach(SafetensorsFile::close);
    }
}

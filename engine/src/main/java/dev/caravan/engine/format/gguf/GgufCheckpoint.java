package dev.caravan.engine.format.gguf;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A GGUF file under transformers' names: {@link GgufConfig} for its keys, {@link GgufNames} for its tensors. */
public final class GgufCheckpoint implements Checkpoint {

    private final GgufFile file;
    private final GgufNames names;
    private final JsonObject config;
    private final Map<String, String> fileNames = new LinkedHashMap<>();

    private GgufCheckpoint(GgufFile file) {
        this.file = file;
        this.names = GgufNames.of(file);
        this.config = GgufConfig.read(file);
        for (String fileName : file.tensorNames()) {
            fileNames.put(names.tensor(fileName), fileName);
        }
    }

    /**
     * Maps and checks a file.
     *
     * @throws dev.caravan.engine.ModelFormatException if it is no sound GGUF file, or its architecture is not supported
     */
    public static GgufCheckpoint open(Path path) {
        GgufFile file = GgufFile.open(path);
        try {
            return new GgufCheckpoint(file);
        } catch (RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    /** The keys of the file itself: tokenizer and chat template stand there. */
    public GgufMetadata metadata() {
        return file.metadata();
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public String modelType() {
        return config.string("model_type");
    }

    @Override
    public JsonObject config() {
        return config;
    }

    @Override
    public Optional<Tensor> findTensor(String name) {
        return Optional.ofNullable(fileNames.get(name)).flatMap(file::findTensor);
    }

    @Override
    public List<String> tensorNames() {
        return List.copyOf(fileNames.keySet());
    }

    @Override
    public String nameInFile(String name) {
        String fileName = fileNames.get(name);
        return fileName != null ? fileName : names.inFile(name);
    }

    @Override
    public List<Path> weightFiles() {
        return List.of(file.path());
    }

    @Override
    public long weightBytes() {
        return file.tensorNames().stream()
                .mapToLong(name -> file.tensor(name).data().byteSize())
                .sum();
    }

    @Override
    public boolean hasAdjacentRotaryPairs() {
        return modelType().equals("llama");
    }

    @Override
    public boolean hasShiftedGemmaNorms() {
        return true;
    }

    @Override
    public void close() {
        file.close();
    }
}

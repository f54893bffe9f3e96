package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A {@code model.safetensors.index.json}: which file of the folder holds which tensor.
 *
 * <pre>{"metadata": {"total_size": 123}, "weight_map": {"NAME": "model-00001-of-00002.safetensors", …}}</pre>
 */
record ShardIndex(Path path, Map<String, Path> shardOfTensor) {

    static final String SUFFIX = ".safetensors.index.json";

    private static final int MAX_SHARDS = 4096;

    /**
     * Reads an index and checks that its files lie beside it.
     *
     * @throws ModelFormatException if it is unsound, a file is missing, or a file's name leads out of the folder
     */
    static ShardIndex read(Path path) {
        JsonObject index = JsonObject.read(path);
        JsonObject weightMap = index.object("weight_map")
                .orElseThrow(() -> index.refused("the key weight_map is missing; take the model's whole folder"));
        Map<String, Path> shards = new LinkedHashMap<>();
        Map<String, Path> shardOfTensor = new LinkedHashMap<>();
        for (String tensor : weightMap.keys()) {
            String file = weightMap.string(tensor);
            Path shard = shards.computeIfAbsent(file, name -> shard(path, name));
            shardOfTensor.put(tensor, shard);
            if (shards.size() > MAX_SHARDS) {
                throw new ModelFormatException(
                        path, "it names more than %d files; take another build of the model".formatted(MAX_SHARDS));
            }
        }
        if (shards.isEmpty()) {
            throw new ModelFormatException(path, "it names no tensor; take the model's whole folder");
        }
        return new ShardIndex(path, shardOfTensor);
    }

    private static Path shard(Path index, String name) {
        String shown = SafetensorsHeader.printable(name);
        if (PickleFiles.isOne(name)) {
            throw new ModelFormatException(index, "it names %s; ".formatted(shown) + PickleFiles.ADVICE);
        }
        // A plain name cannot lead out of the folder. Links are followed: the hub's cache is made of them.
        if (!name.endsWith(".safetensors")
                || name.chars().anyMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')) {
            throw new ModelFormatException(
                    index,
                    "it names the file %s, which is not the name of a .safetensors file in the same folder; "
                                    .formatted(shown)
                            + "take another build of the model");
        }
        try {
            Path shard = index.resolveSibling(name);
            if (Files.isRegularFile(shard)) {
                return shard;
            }
        } catch (InvalidPathException unknownCharacters) {
            // The system has no such file, whatever its name's characters are.
        }
        throw new ModelFormatException(
                index, "its file %s is missing; download all files of the model".formatted(shown));
    }

    /** The files in the order of their first tensor. */
    Set<Path> shards() {
        return new LinkedHashSet<>(shardOfTensor.values());
    }

    /**
     * Compares the index with the files it names.
     *
     * @throws ModelFormatException if a file lacks a tensor that the index promises, or holds one that it does not name
     */
    void check(List<SafetensorsFile> files) {
        int found = 0;
        for (SafetensorsFile file : files) {
            for (String name : file.tensorNames()) {
                if (!file.path().equals(shardOfTensor.get(name))) {
                    throw new ModelFormatException(
                            path,
                            "the file %s holds the tensor %s, which the index does not place there; download all files again"
                                    .formatted(file.path().getFileName(), SafetensorsHeader.printable(name)));
                }
                found++;
            }
        }
        if (found < shardOfTensor.size()) {
            throw new ModelFormatException(path, missing(files));
        }
    }

    private String missing(List<SafetensorsFile> files) {
        for (SafetensorsFile file : files) {
            for (Map.Entry<String, Path> entry : shardOfTensor.entrySet()) {
                if (entry.getValue().equals(file.path())
                        && file.findRaw(entry.getKey()).isEmpty()) {
                    return "the tensor %s should be in %s and is not; download all files again"
                            .formatted(
                                    SafetensorsHeader.printable(entry.getKey()),
                                    file.path().getFileName());
                }
            }
        }
        throw new IllegalStateException("every tensor of the index was found");
    }
}

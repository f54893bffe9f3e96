package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which files a model's weights lie in.
 *
 * @param weights the .safetensors files, at least one
 * @param index the index that names them, empty for a model of one file
 */
record ModelFiles(List<Path> weights, Optional<ShardIndex> index) {

    private static final String SINGLE = "model.safetensors";
    private static final Pattern SHARD = Pattern.compile("(.+)-\\d{5}-of-\\d{5}\\.safetensors");
    private static final int MAX_LISTED = 10_000;

    /**
     * Finds the files.
     *
     * @param path a model's folder, its index, one of its shards, or the one .safetensors file
     * @throws ModelFormatException if there is no model in safetensors, or its index is unsound
     */
    static ModelFiles locate(Path path) {
        if (Files.isDirectory(path)) {
            return inFolder(path);
        }
        String name = String.valueOf(path.getFileName());
        if (!Files.isRegularFile(path)) {
            throw new ModelFormatException(
                    path, "there is no such file or folder; give the path of a model's folder or .safetensors file");
        }
        if (name.endsWith(ShardIndex.SUFFIX)) {
            return indexed(path);
        }
        if (PickleFiles.isOne(name)) {
            throw new ModelFormatException(path, PickleFiles.ADVICE);
        }
        Matcher shard = SHARD.matcher(name);
        return shard.matches() ? indexed(path.resolveSibling(shard.group(1) + ShardIndex.SUFFIX)) : single(path);
    }

    private static ModelFiles inFolder(Path folder) {
        Path single = folder.resolve(SINGLE);
        if (Files.isRegularFile(single)) {
            return single(single);
        }
        Path index = folder.resolve("model" + ShardIndex.SUFFIX);
        if (Files.isRegularFile(index)) {
            return indexed(index);
        }
        throw new ModelFormatException(folder, whatElse(folder));
    }

    private static ModelFiles single(Path file) {
        return new ModelFiles(List.of(file), Optional.empty());
    }

    private static ModelFiles indexed(Path path) {
        ShardIndex index = ShardIndex.read(path);
        return new ModelFiles(List.copyOf(index.shards()), Optional.of(index));
    }

    /** What to do with a folder that has no model in safetensors. */
    private static String whatElse(Path folder) {
        List<String> names;
        try (Stream<Path> files = Files.list(folder)) {
            names = files.limit(MAX_LISTED)
                    .map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot list " + folder, failure);
        }
        if (names.contains("adapter_model.safetensors")) {
            return "the folder holds a LoRA adapter and no model; give the path of the model that it was trained on";
        }
        Optional<String> other = first(names, ".safetensors");
        if (other.isPresent()) {
            return "there is no %s in the folder; if %s is the model, give the path of that file"
                    .formatted(SINGLE, SafetensorsHeader.printable(other.get()));
        }
        Optional<String> gguf = first(names, ".gguf");
        if (gguf.isPresent()) {
            return "there is no %s in the folder; for the GGUF model give the path of %s"
                    .formatted(SINGLE, SafetensorsHeader.printable(gguf.get()));
        }
        Optional<String> pickle = names.stream().filter(PickleFiles::isOne).findFirst();
        if (pickle.isPresent()) {
            return "the folder holds %s and no safetensors: ".formatted(SafetensorsHeader.printable(pickle.get()))
                    + PickleFiles.ADVICE;
        }
        return "there is no %s in the folder; give the folder that holds the model's weights".formatted(SINGLE);
    }

    private static Optional<String> first(List<String> names, String ending) {
        return names.stream().filter(name -> name.endsWith(ending)).findFirst();
    }
}

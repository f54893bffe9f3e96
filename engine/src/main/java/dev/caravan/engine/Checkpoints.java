package dev.caravan.engine;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.template.ChatTemplate;
import dev.caravan.engine.template.FolderChatTemplates;
import dev.caravan.engine.template.GgufChatTemplates;
import dev.caravan.engine.tokenizer.GgufTokenizers;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.TokenizerJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Opens a model in whichever format it lies: a GGUF file, or a folder (or file) of safetensors. */
public final class Checkpoints {

    private static final byte[] GGUF_MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] PACKED_E5_MAGIC = "E5S1".getBytes(StandardCharsets.US_ASCII);

    private Checkpoints() {}

    /**
     * Whether it is, or was meant to be, the packed file of multilingual-e5-small, which holds an encoder only. PyTorch's
     * pickles end like it.
     */
    static boolean isPackedE5(Path path) {
        String name = String.valueOf(path.getFileName());
        return Files.isRegularFile(path)
                && (hasMagic(path, PACKED_E5_MAGIC) || (name.endsWith(".bin") && !name.startsWith("pytorch_model")));
    }

    /**
     * Maps and checks a model's files.
     *
     * @param path a {@code .gguf} file, a folder with {@code config.json} and safetensors, or one of its safetensors files
     * @throws ModelFormatException if there is no such model, or it is damaged, or of a kind that is not supported
     */
    public static Checkpoint open(Path path) {
        if (!Files.exists(path)) {
            throw new ModelFormatException(
                    path, "there is no such file or folder; give the path of a .gguf file or of a model's folder");
        }
        return isGguf(path) ? GgufCheckpoint.open(path) : SafetensorsCheckpoint.open(path);
    }

    /**
     * The tokenizer that came with a checkpoint: in the GGUF file, or as tokenizer.json in the folder.
     *
     * @throws ModelFormatException if there is none, or it is not sound
     */
    public static Tokenizer tokenizer(Checkpoint checkpoint) {
        return switch (checkpoint) {
            case GgufCheckpoint gguf -> GgufTokenizers.fromMetadata(gguf.metadata());
            case SafetensorsCheckpoint folder -> TokenizerJson.load(folder.folder());
            default -> throw new ModelFormatException(checkpoint.path(), "there is no tokenizer");
        };
    }

    /**
     * The chat template that came with a checkpoint; none for a base model.
     *
     * @throws ModelFormatException if it is not sound Jinja
     */
    public static Optional<ChatTemplate> chatTemplate(Checkpoint checkpoint) {
        return switch (checkpoint) {
            case GgufCheckpoint gguf -> GgufChatTemplates.fromMetadata(gguf.metadata());
            case SafetensorsCheckpoint folder -> FolderChatTemplates.fromFolder(folder.folder());
            default -> Optional.empty();
        };
    }

    /** By the name, and for a file of another name by its first bytes. */
    private static boolean isGguf(Path path) {
        if (Files.isDirectory(path)) {
            return false;
        }
        if (String.valueOf(path.getFileName()).endsWith(".gguf")) {
            return true;
        }
        return hasMagic(path, GGUF_MAGIC);
    }

    private static boolean hasMagic(Path path, byte[] magic) {
        try (InputStream input = Files.newInputStream(path)) {
            return Arrays.equals(input.readNBytes(magic.length), magic);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + path, failure);
        }
    }
}

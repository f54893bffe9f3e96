package dev.caravan.engine.lora;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.model.Decoder;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An adapter in whichever format it lies: a PEFT folder, or a GGUF file. */
public final class LoraFiles {

    private static final String GGUF_ENDING = ".gguf";

    private LoraFiles() {}

    /**
     * Reads an adapter.
     *
     * @param path a folder with {@code adapter_config.json}, or a {@code .gguf} file
     * @param baseHash SHA-256 in hex of the base's weight files, or empty where it is not known
     * @throws ModelFormatException if there is none, it is damaged, of a kind that the engine does not have, or of
     *     another base
     */
    public static LoraAdapter read(Path path, Decoder base, String baseHash) {
        if (!Files.exists(path)) {
            throw new ModelFormatException(
                    path, "there is no such file or folder; give a PEFT adapter's folder or a .gguf adapter");
        }
        return isGguf(path) ? GgufAdapter.read(path, base, baseHash) : PeftFolder.read(path, base, baseHash);
    }

    /**
     * Writes an adapter, whole or not at all.
     *
     * @param path ends in {@code .gguf}, or is a PEFT folder
     * @param base the base that the adapter belongs to
     * @throws IllegalArgumentException if something else is there
     * @throws UncheckedIOException if the system cannot write
     */
    public static void write(Path path, LoraAdapter adapter, Decoder base) {
        if (isGguf(path)) {
            GgufAdapter.write(path, adapter, base);
        } else {
            PeftFolder.write(path, adapter, base);
        }
    }

    private static boolean isGguf(Path path) {
        return !Files.isDirectory(path) && String.valueOf(path.getFileName()).endsWith(GGUF_ENDING);
    }
}

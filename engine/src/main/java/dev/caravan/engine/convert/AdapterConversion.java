package dev.caravan.engine.convert;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraFiles;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Converts an adapter between PEFT's folder and llama.cpp's GGUF file. */
public final class AdapterConversion {

    private AdapterConversion() {}

    /**
     * Reads an adapter, writes it in the target's format and reads that.
     *
     * @param base the model that it belongs to, in whichever format: its names and sizes count, not its weights
     * @param source a PEFT folder, or a {@code .gguf} adapter
     * @param target a path that ends in {@code .gguf}, or a folder
     * @param replace whether a target that is there already is replaced
     * @return what was written
     * @throws ModelFormatException if base or adapter cannot be read or do not fit
     * @throws IllegalArgumentException if the target is there already
     * @throws UncheckedIOException if the system cannot write
     */
    public static LoraAdapter run(Path base, Path source, Path target, boolean replace) {
        if (Files.exists(target) && !replace) {
            throw new IllegalArgumentException(
                    "%s is there already; choose another target, or replace it with --force".formatted(target));
        }
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new IllegalArgumentException("the folder %s does not exist; create it first".formatted(parent));
        }
        try (Checkpoint checkpoint = Checkpoints.open(base)) {
            Decoder decoder = Decoders.load(checkpoint);
            LoraAdapter adapter = LoraFiles.read(source, decoder, "");
            LoraFiles.write(target, adapter, decoder);
            return LoraFiles.read(target, decoder, adapter.baseHash());
        }
    }
}

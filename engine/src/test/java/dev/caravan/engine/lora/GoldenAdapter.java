package dev.caravan.engine.lora;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.TinyCheckpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * An adapter as PEFT saved it, with its base, unpacked; see {@code golden/lora/make.py}.
 *
 * @param base the model that it belongs to
 * @param files the PEFT folder, {@code adapter.gguf} and what the reference computed
 */
public record GoldenAdapter(TinyCheckpoint base, TinyCheckpoint files) {

    /** All cases, with their bases. */
    public static final List<String> NAMES =
            List.of("llama3-all", "midm-rslora", "gemma3-all", "qwen2-default", "qwen3-patterns", "llama3-layer");

    /** Unpacks a case into a folder. */
    public static GoldenAdapter unpack(String name, Path parent) {
        return new GoldenAdapter(
                TinyCheckpoint.unpack(name.substring(0, name.indexOf('-')), parent),
                TinyCheckpoint.unpack(Golden.path("lora/" + name + ".zip"), parent.resolve(name)));
    }

    /** The PEFT folder. */
    public Path folder() {
        return files.folder();
    }

    /** The adapter as llama.cpp converted it. */
    public Path gguf() {
        return files.folder().resolve("adapter.gguf");
    }

    /**
     * Loads the base, hands it over and closes it.
     *
     * @param format {@code safetensors} or {@code gguf}
     */
    void withBase(String format, Consumer<Decoder> test) {
        try (Checkpoint checkpoint = base.open(format)) {
            test.accept(Decoders.load(checkpoint));
        }
    }
}

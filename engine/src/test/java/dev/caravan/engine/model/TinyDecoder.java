package dev.caravan.engine.model;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import java.util.function.Consumer;

/** Opens one of the tiny random models for a test. */
public final class TinyDecoder {

    private TinyDecoder() {}

    /**
     * Loads a model, hands it over and closes its file.
     *
     * @param family {@code llama} or {@code gemma3}
     */
    public static void use(String family, Consumer<Decoder> test) {
        try (GgufCheckpoint file = GgufCheckpoint.open(Golden.path("tiny-models/" + family + ".gguf"))) {
            test.accept(Decoders.load(file));
        }
    }
}

package dev.caravan.engine.check;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;

/** What a checkpoint's tokenizer is called, whichever its format. */
final class CheckpointParts {

    private CheckpointParts() {}

    static String tokenizerKind(Checkpoint checkpoint) {
        return switch (checkpoint) {
            case GgufCheckpoint gguf -> {
                String model = gguf.metadata().string("tokenizer.ggml.model");
                String before = gguf.metadata().string("tokenizer.ggml.pre", "");
                yield switch (model) {
                    case "llama" -> "SentencePiece BPE";
                    case "gpt2" -> "byte-level BPE (%s)".formatted(before);
                    default -> model;
                };
            }
            default -> "tokenizer.json";
        };
    }
}

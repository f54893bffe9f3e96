package dev.caravan.engine.check;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.template.ChatTemplate;
import dev.caravan.engine.template.GgufChatTemplates;
import dev.caravan.engine.tokenizer.GgufTokenizers;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Optional;

/** A checkpoint's tokenizer and chat template, whichever its format. */
final class CheckpointParts {

    private CheckpointParts() {}

    static Tokenizer tokenizer(Checkpoint checkpoint) {
        return switch (checkpoint) {
            case GgufCheckpoint gguf -> GgufTokenizers.fromMetadata(gguf.metadata());
            default -> throw new ModelFormatException(checkpoint.path(), "there is no tokenizer");
        };
    }

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

    static Optional<ChatTemplate> template(Checkpoint checkpoint) {
        return switch (checkpoint) {
            case GgufCheckpoint gguf -> GgufChatTemplates.fromMetadata(gguf.metadata());
            default -> Optional.empty();
        };
    }
}

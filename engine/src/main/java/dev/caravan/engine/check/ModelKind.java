package dev.caravan.engine.check;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import java.nio.file.Files;
import java.util.Set;

/** What a checkpoint is for. */
enum ModelKind {
    CHAT,
    EMBEDDING,
    RERANKER;

    private static final Set<String> ENCODERS = Set.of("bert", "xlm-roberta");

    /** By the configuration, and for a decoder that makes vectors by what stands beside the weights. */
    static ModelKind of(Checkpoint checkpoint) {
        if (ENCODERS.contains(checkpoint.modelType())) {
            boolean scores = checkpoint.tensorNames().stream().anyMatch(name -> name.startsWith("classifier"));
            return scores ? RERANKER : EMBEDDING;
        }
        boolean makesVectors = checkpoint.config().flag("use_bidirectional_attention", false)
                || switch (checkpoint) {
                    case GgufCheckpoint gguf ->
                        gguf.metadata().contains(gguf.metadata().string("general.architecture") + ".pooling_type");
                    case SafetensorsCheckpoint folder ->
                        Files.isRegularFile(folder.folder().resolve("modules.json"));
                    default -> false;
                };
        return makesVectors ? EMBEDDING : CHAT;
    }
}

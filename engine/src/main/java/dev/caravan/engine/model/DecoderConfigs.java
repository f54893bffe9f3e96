package dev.caravan.engine.model;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import java.util.List;

/** Reads {@link DecoderConfig} from a checkpoint and checks every range. */
final class DecoderConfigs {

    /** Bounds that keep a hostile file from asking for absurd buffers; far above any model that a CPU can run. */
    private static final int MAX_LAYERS = 1024;

    private static final int MAX_SIZE = 1 << 20;

    private static final int MAX_VOCABULARY = 1 << 24;

    private final Checkpoint checkpoint;
    private final JsonObject config;

    private DecoderConfigs(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
        this.config = checkpoint.config();
    }

    /**
     * The configuration; the head size falls back to hidden size / heads, as in transformers and GGUF.
     *
     * @param architecture the name to report
     */
    static DecoderConfig read(Checkpoint checkpoint, String architecture) {
        return new DecoderConfigs(checkpoint).read(architecture);
    }

    private DecoderConfig read(String architecture) {
        int hiddenSize = size("hidden_size", MAX_SIZE);
        int heads = size("num_attention_heads", MAX_SIZE);
        int kvHeads = config.has("num_key_value_heads") ? size("num_key_value_heads", heads) : heads;
        int headDim = config.has("head_dim") ? size("head_dim", MAX_SIZE) : hiddenSize / heads;
        double epsilon = config.number("rms_norm_eps");
        check(heads % kvHeads == 0, "%d attention heads cannot share %d key-value heads".formatted(heads, kvHeads));
        check(headDim % 2 == 0 && headDim > 0, "a head size of %d cannot be rotated".formatted(headDim));
        check(epsilon > 0 && epsilon < 1, "a norm's epsilon of " + epsilon);
        return new DecoderConfig(
                architecture,
                size("vocab_size", MAX_VOCABULARY),
                hiddenSize,
                size("intermediate_size", MAX_SIZE),
                size("num_hidden_layers", MAX_LAYERS),
                heads,
                kvHeads,
                headDim,
                size("max_position_embeddings", Integer.MAX_VALUE),
                (float) epsilon);
    }

    private int size(String key, int most) {
        int value = config.integer(key);
        if (value < 1 || value > most) {
            throw refused("the key %s holds %d, which is out of range; take a complete build of the model"
                    .formatted(checkpoint.nameInFile(key), value));
        }
        return value;
    }

    private void check(boolean holds, String problem) {
        if (!holds) {
            throw refused("the file has %s, which the engine's %s cannot run; take another build of the model"
                    .formatted(problem, checkpoint.modelType()));
        }
    }

    /** Refuses an activation that the architecture does not have: the answer would be another one. */
    static void requireActivation(Checkpoint checkpoint, String key, String... known) {
        JsonObject config = checkpoint.config();
        if (config.has(key) && !List.of(known).contains(config.string(key))) {
            throw config.refused("the %s %s is not supported for %s, which has %s"
                    .formatted(key, config.string(key), checkpoint.modelType(), String.join(" or ", known)));
        }
    }

    private ModelFormatException refused(String problem) {
        return new ModelFormatException(checkpoint.path(), problem);
    }
}

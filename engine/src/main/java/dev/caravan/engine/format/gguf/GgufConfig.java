package dev.caravan.engine.format.gguf;

import dev.caravan.engine.format.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A GGUF file's hyper-parameters as transformers' config.json would hold them. Only what the file says is taken over;
 * ranges are checked by whoever reads the configuration. What a key means for a decoder that is computed differently
 * from transformers' is refused here.
 */
final class GgufConfig {

    private static final int LAYERS_27B = 62;

    private final GgufMetadata metadata;
    private final String architecture;
    private final Map<String, Object> config = new LinkedHashMap<>();

    private GgufConfig(GgufMetadata metadata) {
        this.metadata = metadata;
        this.architecture = metadata.string("general.architecture");
    }

    static JsonObject read(GgufFile file) {
        GgufConfig reader = new GgufConfig(file.metadata());
        if (reader.architecture.equals("bert")) {
            reader.readEncoder(file);
        } else {
            reader.readDecoder(file);
        }
        return JsonObject.of(file.path(), reader.config);
    }

    /**
     * BERT's family. XLM-R is stored without the rows of its position table that no token has, and is computed as BERT
     * then; both have gelu.
     */
    private void readEncoder(GgufFile file) {
        config.put("model_type", "bert");
        readSizes(file);
        number("layer_norm_eps");
        config.put("type_vocab_size", file.tensor("token_types.weight").rows());
        config.put("hidden_act", "gelu");
        check(!metadata.flag(key("attention.causal"), false), "attention that looks back only");
    }

    private void readSizes(GgufFile file) {
        config.put("vocab_size", file.tensor("token_embd.weight").rows());
        integer("hidden_size");
        integer("intermediate_size");
        integer("num_hidden_layers");
        integer("num_attention_heads");
        integer("max_position_embeddings");
    }

    private void readDecoder(GgufFile file) {
        boolean isGemma = architecture.startsWith("gemma");
        config.put("model_type", isGemma ? "gemma3_text" : architecture);
        config.put("tie_word_embeddings", file.findTensor("output.weight").isEmpty());
        readSizes(file);
        number("rms_norm_eps");
        optionalInteger("num_key_value_heads");
        optionalInteger("head_dim");
        optionalNumber("rope_theta");
        optionalNumber("rope_local_base_freq");
        optionalInteger("sliding_window");
        optionalInteger("sliding_window_pattern");
        readRopeScaling();
        requireWholeHeads();
        config.put("use_bidirectional_attention", architecture.equals("gemma-embedding"));
        if (isGemma) {
            config.put("query_pre_attn_scalar", gemmaScoreSize());
        }
    }

    private void readRopeScaling() {
        String type = metadata.string(key("rope_scaling.rope_type"), "none");
        if (!type.equals("none")) {
            Map<String, Object> scaling = new LinkedHashMap<>();
            scaling.put("rope_type", type);
            if (metadata.contains(key("rope_scaling.factor"))) {
                scaling.put("factor", (double) metadata.floatValue(key("rope_scaling.factor")));
            }
            config.put("rope_scaling", scaling);
        }
    }

    /** Keys and values of one size, rotated as a whole: the only kind that transformers' configurations can say. */
    private void requireWholeHeads() {
        int heads = Math.max(1, metadata.integer(key("num_attention_heads")));
        int headDim = metadata.integer(key("head_dim"), metadata.integer(key("hidden_size")) / heads);
        check(
                metadata.integer(key("attention.value_length"), headDim) == headDim,
                "keys and values of different sizes");
        check(metadata.integer(key("rope.dimension_count"), headDim) == headDim, "heads that are rotated in part");
    }

    /** Gemma's 27B, known by its layers, scales scores by hidden size / heads; the file does not say so. */
    private int gemmaScoreSize() {
        int hiddenSize = metadata.integer(key("hidden_size"));
        int heads = Math.max(1, metadata.integer(key("num_attention_heads")));
        return metadata.integer(key("num_hidden_layers")) == LAYERS_27B
                ? hiddenSize / heads
                : metadata.integer(key("head_dim"), hiddenSize / heads);
    }

    private void check(boolean holds, String problem) {
        if (!holds) {
            throw metadata.refused("the file has %s, which the engine's %s cannot run; take another build of the model"
                    .formatted(problem, architecture));
        }
    }

    private String key(String name) {
        return GgufNames.key(architecture, name);
    }

    private void integer(String name) {
        config.put(name, metadata.integer(key(name)));
    }

    private void number(String name) {
        config.put(name, (double) metadata.floatValue(key(name)));
    }

    private void optionalInteger(String name) {
        if (metadata.contains(key(name))) {
            integer(name);
        }
    }

    private void optionalNumber(String name) {
        if (metadata.contains(key(name))) {
            number(name);
        }
    }
}

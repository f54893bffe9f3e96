package dev.caravan.engine.convert;

import dev.caravan.engine.format.gguf.GgufValue;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.model.DecoderConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A configuration of transformers as GGUF's keys. Source: llama.cpp's {@code conversion} folder ({@code base.py}, {@code
 * llama.py}, {@code qwen.py}, {@code gemma.py}).
 */
final class GgufKeys {

    private static final int QUANTIZATION_VERSION = 2;
    private static final int DEFAULT_WINDOW = 4096;

    private final SourceModel source;
    private final String architecture;
    private final Map<String, GgufValue> keys = new LinkedHashMap<>();

    private GgufKeys(SourceModel source) {
        this.source = source;
        this.architecture = source.ggufArchitecture();
    }

    /** The keys of the model, without those of its tokenizer. */
    static Map<String, GgufValue> of(SourceModel source, String name, TargetType type) {
        GgufKeys keys = new GgufKeys(source);
        keys.keys.put("general.architecture", GgufValue.string(keys.architecture));
        keys.keys.put("general.type", GgufValue.string("model"));
        keys.keys.put("general.name", GgufValue.string(name));
        keys.sizes();
        keys.rope();
        keys.window();
        keys.keys.put("general.file_type", GgufValue.uint32(type.fileType()));
        keys.keys.put("general.quantization_version", GgufValue.uint32(QUANTIZATION_VERSION));
        return keys.keys;
    }

    private void sizes() {
        DecoderConfig config = source.config();
        integer("block_count", config.numHiddenLayers());
        integer("context_length", config.maxPositionEmbeddings());
        integer("embedding_length", config.hiddenSize());
        integer("feed_forward_length", config.intermediateSize());
        integer("attention.head_count", config.numAttentionHeads());
        integer("attention.head_count_kv", config.numKeyValueHeads());
        put("attention.layer_norm_rms_epsilon", GgufValue.float32(config.rmsNormEpsilon()));
        integer("attention.key_length", config.headDim());
        integer("attention.value_length", config.headDim());
        integer("vocab_size", config.vocabSize());
    }

    private void rope() {
        JsonObject config = source.values();
        // Gemma's layers that see all tokens; the sliding ones have a base that every reader knows.
        JsonObject parameters = config.object("rope_parameters")
                .map(all -> all.object("full_attention").orElse(all))
                .or(() -> config.object("rope_scaling"))
                .orElse(config);
        double theta = parameters.number("rope_theta", config.number("rope_theta", source.isGemma() ? 1e6 : 1e4));
        put("rope.freq_base", GgufValue.float32((float) theta));
        if (architecture.equals("llama")) {
            integer("rope.dimension_count", source.config().headDim());
        }
        if (parameters.string("rope_type", parameters.string("type", "default")).equals("linear")) {
            put("rope.scaling.type", GgufValue.string("linear"));
            put("rope.scaling.factor", GgufValue.float32((float) parameters.number("factor")));
        }
    }

    private void window() {
        JsonObject config = source.values();
        if (source.isGemma()) {
            integer("attention.sliding_window", config.integer("sliding_window", DEFAULT_WINDOW));
            integer("attention.sliding_window_pattern", source.gemmaPattern());
            Optional<Double> local = localBase(config);
            local.ifPresent(base -> put("rope.freq_base_swa", GgufValue.float32(base.floatValue())));
        }
    }

    private static Optional<Double> localBase(JsonObject config) {
        return config.object("rope_parameters")
                .flatMap(all -> all.object("sliding_attention"))
                .filter(sliding -> sliding.has("rope_theta"))
                .map(sliding -> sliding.number("rope_theta"))
                .or(() -> config.has("rope_local_base_freq")
                        ? Optional.of(config.number("rope_local_base_freq"))
                        : Optional.empty());
    }

    private void integer(String key, long value) {
        put(key, GgufValue.uint32(value));
    }

    private void put(String key, GgufValue value) {
        keys.put(architecture + "." + key, value);
    }
}

package dev.caravan.engine.format.gguf;

import dev.caravan.engine.ModelFormatException;
import java.util.HashMap;
import java.util.Map;

/**
 * GGUF's names of tensors and configuration keys, and transformers' for the same. Source: gguf-py's constants.py and
 * tensor_mapping.py. A tensor that stands in no table keeps its name, and no architecture will read it.
 */
public final class GgufNames {

    private static final String BLOCK = "blk.";
    private static final String DECODER_LAYER = "model.layers.";
    private static final String ENCODER_LAYER = "encoder.layer.";

    /** What this engine reads, for messages. */
    private static final String SUPPORTED = "llama, qwen2, qwen3, gemma3, gemma-embedding or bert";

    /** Tensors of the whole model, common to all decoders; {@code .weight} or {@code .bias} follows here and below. */
    private static final Map<String, String> DECODER = Map.of(
            "token_embd", "model.embed_tokens",
            "output_norm", "model.norm",
            "output", "lm_head",
            // sentence-transformers' modules behind the pooling
            "dense_2", "2_Dense.linear",
            "dense_3", "3_Dense.linear");

    /** A layer's parts, common to all decoders. */
    private static final Map<String, String> DECODER_PARTS = Map.of(
            "attn_norm", "input_layernorm",
            "attn_q", "self_attn.q_proj",
            "attn_k", "self_attn.k_proj",
            "attn_v", "self_attn.v_proj",
            "attn_output", "self_attn.o_proj",
            "attn_q_norm", "self_attn.q_norm",
            "attn_k_norm", "self_attn.k_norm",
            "ffn_gate", "mlp.gate_proj",
            "ffn_up", "mlp.up_proj",
            "ffn_down", "mlp.down_proj");

    /** What the families call differently. */
    private static final Map<String, String> LLAMA_NORMS = Map.of("ffn_norm", "post_attention_layernorm");

    private static final Map<String, String> GEMMA_NORMS = Map.of(
            "post_attention_norm", "post_attention_layernorm",
            "ffn_norm", "pre_feedforward_layernorm",
            "post_ffw_norm", "post_feedforward_layernorm");

    private static final Map<String, String> ENCODER = Map.of(
            "token_embd", "embeddings.word_embeddings",
            "position_embd", "embeddings.position_embeddings",
            "token_types", "embeddings.token_type_embeddings",
            "token_embd_norm", "embeddings.LayerNorm",
            "cls", "classifier.dense",
            "cls.output", "classifier.out_proj");

    private static final Map<String, String> ENCODER_PARTS = Map.of(
            "attn_q", "attention.self.query",
            "attn_k", "attention.self.key",
            "attn_v", "attention.self.value",
            "attn_output", "attention.output.dense",
            "attn_output_norm", "attention.output.LayerNorm",
            "ffn_up", "intermediate.dense",
            "ffn_down", "output.dense",
            "layer_output_norm", "output.LayerNorm");

    private static final Map<String, String> KEYS = Map.ofEntries(
            Map.entry("hidden_size", "embedding_length"),
            Map.entry("intermediate_size", "feed_forward_length"),
            Map.entry("num_hidden_layers", "block_count"),
            Map.entry("num_attention_heads", "attention.head_count"),
            Map.entry("num_key_value_heads", "attention.head_count_kv"),
            Map.entry("head_dim", "attention.key_length"),
            Map.entry("max_position_embeddings", "context_length"),
            Map.entry("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
            Map.entry("layer_norm_eps", "attention.layer_norm_epsilon"),
            Map.entry("rope_theta", "rope.freq_base"),
            Map.entry("rope_local_base_freq", "rope.freq_base_swa"),
            Map.entry("rope_scaling.factor", "rope.scaling.factor"),
            Map.entry("rope_scaling.rope_type", "rope.scaling.type"),
            Map.entry("sliding_window", "attention.sliding_window"),
            Map.entry("sliding_window_pattern", "attention.sliding_window_pattern"));

    private final String architecture;
    private final String layerPrefix;
    private final Map<String, String> modelParts;
    private final Map<String, String> layerParts;
    private final Map<String, String> modelPartsInFile;
    private final Map<String, String> layerPartsInFile;

    private GgufNames(
            String architecture, String layerPrefix, Map<String, String> modelParts, Map<String, String> layerParts) {
        this.architecture = architecture;
        this.layerPrefix = layerPrefix;
        this.modelParts = modelParts;
        this.layerParts = layerParts;
        this.modelPartsInFile = inverted(modelParts);
        this.layerPartsInFile = inverted(layerParts);
    }

    /**
     * The names of a file's architecture.
     *
     * @throws ModelFormatException if the architecture is not supported
     */
    static GgufNames of(GgufFile file) {
        try {
            return ofArchitecture(file.metadata().string("general.architecture"));
        } catch (IllegalArgumentException unknown) {
            throw file.metadata().refused(String.valueOf(unknown.getMessage()));
        }
    }

    /**
     * The names of an architecture.
     *
     * @throws IllegalArgumentException if it is not supported
     */
    public static GgufNames ofArchitecture(String architecture) {
        return switch (architecture) {
            case "llama", "qwen2", "qwen3" -> decoder(architecture, LLAMA_NORMS);
            case "gemma3", "gemma-embedding" -> decoder(architecture, GEMMA_NORMS);
            case "bert" -> new GgufNames(architecture, ENCODER_LAYER, ENCODER, ENCODER_PARTS);
            default ->
                throw new IllegalArgumentException(
                        "the architecture %s is not supported; choose a model of the architecture %s"
                                .formatted(architecture, SUPPORTED));
        };
    }

    private static GgufNames decoder(String architecture, Map<String, String> norms) {
        Map<String, String> parts = new HashMap<>(DECODER_PARTS);
        parts.putAll(norms);
        return new GgufNames(architecture, DECODER_LAYER, DECODER, parts);
    }

    private static Map<String, String> inverted(Map<String, String> parts) {
        Map<String, String> inverted = new HashMap<>();
        parts.forEach((inFile, name) -> inverted.put(name, inFile));
        return inverted;
    }

    /** The configuration key of transformers as the file spells it: {@code llama.embedding_length}. */
    static String key(String architecture, String name) {
        return architecture + "." + KEYS.getOrDefault(name, name);
    }

    /** Transformers' name of a tensor of the file. */
    String tensor(String fileName) {
        return renamed(fileName, BLOCK, layerParts, layerPrefix, modelParts);
    }

    /** How a file would spell a tensor's name or a configuration key. */
    public String inFile(String name) {
        return KEYS.containsKey(name)
                ? key(architecture, name)
                : renamed(name, layerPrefix, layerPartsInFile, BLOCK, modelPartsInFile);
    }

    /** {@code PREFIX.N.PART.weight} by the layers' parts, {@code PART.weight} by the model's; others stay. */
    private static String renamed(
            String name, String prefix, Map<String, String> layerParts, String newPrefix, Map<String, String> parts) {
        int partEnd = name.lastIndexOf('.');
        if (partEnd < 0) {
            return name;
        }
        if (!name.startsWith(prefix)) {
            String part = parts.get(name.substring(0, partEnd));
            return part == null ? name : part + name.substring(partEnd);
        }
        int layerEnd = name.indexOf('.', prefix.length());
        String part = partEnd <= layerEnd ? null : layerParts.get(name.substring(layerEnd + 1, partEnd));
        return part == null
                ? name
                : newPrefix + name.substring(prefix.length(), layerEnd + 1) + part + name.substring(partEnd);
    }
}

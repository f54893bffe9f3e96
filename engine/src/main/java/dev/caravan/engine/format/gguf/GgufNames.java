package dev.caravan.engine.format.gguf;

import dev.caravan.engine.ModelFormatException;
import java.util.HashMap;
import java.util.Map;

/**
 * GGUF's names of tensors and configuration keys, and transformers' for the same. Source: gguf-py's constants.py and
 * tensor_mapping.py. A tensor that stands in no table keeps its name, and no architecture will read it.
 */
final class GgufNames {

    private static final String BLOCK = "blk.";
    private static final String LAYER = "model.layers.";

    /** Tensors of the whole model, common to all decoders. */
    private static final Map<String, String> MODEL = Map.of(
            "token_embd.weight", "model.embed_tokens.weight",
            "output_norm.weight", "model.norm.weight",
            "output.weight", "lm_head.weight",
            "output.bias", "lm_head.bias");

    /** A layer's parts, common to all decoders; {@code .weight} or {@code .bias} follows. */
    private static final Map<String, String> LAYER_PARTS = Map.of(
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

    private static final Map<String, String> KEYS = Map.ofEntries(
            Map.entry("hidden_size", "embedding_length"),
            Map.entry("intermediate_size", "feed_forward_length"),
            Map.entry("num_hidden_layers", "block_count"),
            Map.entry("num_attention_heads", "attention.head_count"),
            Map.entry("num_key_value_heads", "attention.head_count_kv"),
            Map.entry("head_dim", "attention.key_length"),
            Map.entry("max_position_embeddings", "context_length"),
            Map.entry("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
            Map.entry("rope_theta", "rope.freq_base"),
            Map.entry("rope_local_base_freq", "rope.freq_base_swa"),
            Map.entry("rope_scaling.factor", "rope.scaling.factor"),
            Map.entry("rope_scaling.rope_type", "rope.scaling.type"),
            Map.entry("sliding_window", "attention.sliding_window"),
            Map.entry("sliding_window_pattern", "attention.sliding_window_pattern"));

    private final String architecture;
    private final Map<String, String> layerParts = new HashMap<>(LAYER_PARTS);
    private final Map<String, String> fileParts = new HashMap<>();

    private GgufNames(String architecture, Map<String, String> ownParts) {
        this.architecture = architecture;
        layerParts.putAll(ownParts);
        layerParts.forEach((inFile, name) -> fileParts.put(name, inFile));
    }

    /**
     * The names of a file's architecture.
     *
     * @throws ModelFormatException if the architecture is not supported
     */
    static GgufNames of(GgufFile file) {
        String architecture = file.metadata().string("general.architecture");
        return switch (architecture) {
            case "llama" -> new GgufNames(architecture, LLAMA_NORMS);
            case "gemma3" -> new GgufNames(architecture, GEMMA_NORMS);
            default ->
                throw file.metadata()
                        .refused(
                                "the architecture %s is not supported; choose a model of the architecture llama or gemma3"
                                        .formatted(architecture));
        };
    }

    /** The configuration key of transformers as the file spells it: {@code llama.embedding_length}. */
    static String key(String architecture, String name) {
        return architecture + "." + KEYS.getOrDefault(name, name);
    }

    /** Transformers' name of a tensor of the file. */
    String tensor(String fileName) {
        if (!fileName.startsWith(BLOCK)) {
            return MODEL.getOrDefault(fileName, fileName);
        }
        int layerEnd = fileName.indexOf('.', BLOCK.length());
        int partEnd = fileName.lastIndexOf('.');
        if (layerEnd < 0 || partEnd <= layerEnd) {
            return fileName;
        }
        String part = layerParts.get(fileName.substring(layerEnd + 1, partEnd));
        return part == null
                ? fileName
                : LAYER + fileName.substring(BLOCK.length(), layerEnd + 1) + part + fileName.substring(partEnd);
    }

    /** How the file would spell a tensor's name or a configuration key. */
    String inFile(String name) {
        if (KEYS.containsKey(name)) {
            return key(architecture, name);
        }
        for (Map.Entry<String, String> entry : MODEL.entrySet()) {
            if (entry.getValue().equals(name)) {
                return entry.getKey();
            }
        }
        if (!name.startsWith(LAYER)) {
            return name;
        }
        int layerEnd = name.indexOf('.', LAYER.length());
        int partEnd = name.lastIndexOf('.');
        String part = layerEnd < 0 || partEnd <= layerEnd ? null : fileParts.get(name.substring(layerEnd + 1, partEnd));
        return part == null
                ? name
                : BLOCK + name.substring(LAYER.length(), layerEnd + 1) + part + name.substring(partEnd);
    }
}

package dev.caravan.engine.convert;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.RowOrder;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.model.DecoderConfig;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decoder that is to be converted: its checkpoint, and what the formats do differently.
 *
 * @param config the sizes, as the decoder read them
 * @param merge the adapter that is merged into it, or null
 */
record SourceModel(
        Checkpoint checkpoint,
        DecoderConfig config,
        @Nullable Merge merge) {

    /**
     * An adapter that is merged.
     *
     * @param isRequantized whether what it changes becomes as small as the rest, which undoes a part of it
     * @param keepsTypes whether what it does not change stays as it is
     */
    record Merge(LoraAdapter adapter, boolean isRequantized, boolean keepsTypes) {}

    /** {@code model_type} to GGUF's architecture. Source: llama.cpp's {@code conversion} folder. */
    private static final Map<String, String> ARCHITECTURES = Map.of(
            "llama", "llama",
            "mistral", "llama",
            "qwen2", "qwen2",
            "qwen3", "qwen3",
            "gemma3_text", "gemma3");

    private static final Map<String, String> CLASSES = Map.of(
            "llama", "LlamaForCausalLM",
            "mistral", "MistralForCausalLM",
            "qwen2", "Qwen2ForCausalLM",
            "qwen3", "Qwen3ForCausalLM",
            "gemma3_text", "Gemma3ForCausalLM");

    private static final int GEMMA_PATTERN = 6;
    private static final String OUTPUT = "lm_head.weight";
    private static final String FACTORS = "rope_freqs.weight";
    private static final String WEIGHT = ".weight";
    private static final String DERIVED = ".rotary_emb.inv_freq";

    SourceModel {
        if (!ARCHITECTURES.containsKey(checkpoint.modelType())) {
            throw new ModelFormatException(
                    checkpoint.path(),
                    "models of the type %s cannot be converted; those of %s can"
                            .formatted(
                                    checkpoint.modelType(),
                                    String.join(
                                            ", ",
                                            ARCHITECTURES.keySet().stream()
                                                    .sorted()
                                                    .toList())));
        }
        if (checkpoint.config().flag("use_bidirectional_attention", false)) {
            throw new ModelFormatException(
                    checkpoint.path(), "embedding models cannot be converted; causal language models can");
        }
    }

    JsonObject values() {
        return checkpoint.config();
    }

    /** GGUF's name of the architecture. */
    String ggufArchitecture() {
        return ARCHITECTURES.getOrDefault(checkpoint.modelType(), checkpoint.modelType());
    }

    /** transformers' name of the class. */
    String transformersClass() {
        return CLASSES.getOrDefault(checkpoint.modelType(), "");
    }

    boolean isGemma() {
        return checkpoint.modelType().equals("gemma3_text");
    }

    /** Whether the output matrix is the embeddings. */
    boolean isTied() {
        boolean without = checkpoint.findTensor(OUTPUT).isEmpty();
        return values().flag("tie_word_embeddings", isGemma() || without);
    }

    /** What the merged adapter adds to a tensor, or null. */
    @Nullable
    LoraModule adapter(String name) {
        return merge == null || !name.endsWith(WEIGHT)
                ? null
                : merge.adapter()
                        .module(name.substring(0, name.length() - WEIGHT.length()))
                        .orElse(null);
    }

    /** Whether a type has too few bits for a tensor, because an adapter is merged into it. */
    boolean isTooCoarse(String name, DType type) {
        boolean isPatched = merge != null && !merge.isRequantized() && adapter(name) != null;
        return isPatched && type.blockBytes() < type.blockElements();
    }

    /** Whether tensors that no adapter changes are copied as they are. */
    boolean keepsTypes() {
        return merge != null && merge.keepsTypes();
    }

    /** The tensors that are weights of their own: not what follows from the configuration or from another tensor. */
    List<String> weightNames() {
        List<String> names = new ArrayList<>();
        for (String name : checkpoint.tensorNames()) {
            boolean isDerived = name.endsWith(DERIVED) || name.equals(FACTORS);
            if (!isDerived && !(isTied() && name.equals(OUTPUT))) {
                names.add(name);
            }
        }
        return names;
    }

    /**
     * The order in which a tensor's rows are written.
     *
     * @param adjacent whether the target keeps rotary pairs as neighbours
     */
    RowOrder rows(String name, boolean adjacent) {
        boolean isRotated = name.contains(".self_attn.q_proj.") || name.contains(".self_attn.k_proj.");
        return isRotated && adjacent != checkpoint.hasAdjacentRotaryPairs()
                ? new RowOrder(config.headDim(), adjacent)
                : RowOrder.SAME;
    }

    /**
     * What is added to a norm's weights.
     *
     * @param shifted whether the target has Gemma's 1 inside
     */
    float addend(String name, boolean shifted) {
        if (!isGemma() || !name.endsWith("norm.weight") || shifted == checkpoint.hasShiftedGemmaNorms()) {
            return 0;
        }
        return shifted ? 1 : -1;
    }

    /**
     * Every so many of Gemma's layers one sees all tokens.
     *
     * @throws ModelFormatException if the layers follow no such rule, as they must in GGUF
     */
    int gemmaPattern() {
        List<?> types = values().list("layer_types").orElse(List.of());
        int first = types.indexOf("full_attention");
        if (types.isEmpty() || first < 0) {
            return values().integer("sliding_window_pattern", types.isEmpty() ? GEMMA_PATTERN : types.size() + 1);
        }
        for (int layer = 0; layer < types.size(); layer++) {
            if (types.get(layer).equals("full_attention") != ((layer + 1) % (first + 1) == 0)) {
                throw values().refused("layer_types is no regular pattern, which GGUF could not say; keep the folder");
            }
        }
        return first + 1;
    }

    /** The type that most of the matrices' bytes have. */
    DType mainType() {
        Map<DType, Long> bytes = new EnumMap<>(DType.class);
        for (String name : weightNames()) {
            Tensor tensor = checkpoint.tensor(name);
            if (name.endsWith("_proj.weight")) {
                bytes.merge(tensor.dtype(), tensor.data().byteSize(), Long::sum);
            }
        }
        return bytes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElseThrow(() -> new ModelFormatException(
                        checkpoint.path(), "there is no matrix in the model; take a complete build"));
    }
}

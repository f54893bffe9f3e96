package dev.caravan.engine.convert;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The {@code config.json} of a converted folder, in the dialect that transformers 4 and 5 both read. */
final class TransformersConfig {

    /** What only says how the old file was written. */
    private static final List<String> OF_THE_SOURCE = List.of(
            "quantization_config", "torch_dtype", "dtype", "sliding_window_pattern", "use_bidirectional_attention");

    private TransformersConfig() {}

    /**
     * The configuration.
     *
     * @param plain what those tensors are that are not quantised
     * @param skipped modules that stay plain although others are quantised
     */
    static Map<String, @Nullable Object> of(
            SourceModel source, ConversionOptions options, DType plain, List<String> skipped) {
        Checkpoint checkpoint = source.checkpoint();
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of(source.transformersClass()));
        checkpoint.config().values().forEach((key, value) -> {
            boolean isKept =
                    !OF_THE_SOURCE.contains(key) || (key.equals("sliding_window_pattern") && !isGguf(checkpoint));
            if (isKept && !key.equals("architectures")) {
                config.put(key, value);
            }
        });
        config.put("tie_word_embeddings", source.isTied());
        if (isGguf(checkpoint)) {
            addUnsaid(source, config);
        }
        config.put("torch_dtype", torchName(plain));
        if (options.type().isBitsandbytes()) {
            config.put("quantization_config", quantization(options, plain, skipped));
        }
        return config;
    }

    private static boolean isGguf(Checkpoint checkpoint) {
        return checkpoint instanceof GgufCheckpoint;
    }

    /** What a GGUF file leaves to the architecture's defaults, which are not always transformers'. */
    private static void addUnsaid(SourceModel source, Map<String, @Nullable Object> config) {
        Checkpoint checkpoint = source.checkpoint();
        config.put("head_dim", (long) source.config().headDim());
        config.put("num_key_value_heads", (long) source.config().numKeyValueHeads());
        if (source.isGemma()) {
            config.put("hidden_activation", "gelu_pytorch_tanh");
            config.putIfAbsent("rope_theta", 1_000_000.0);
            config.putIfAbsent("rope_local_base_freq", 10_000.0);
            config.put("layer_types", gemmaLayers(source));
            return;
        }
        config.put("hidden_act", "silu");
        config.putIfAbsent("rope_theta", 10_000.0);
        if (source.ggufArchitecture().equals("llama")) {
            config.put("attention_bias", has(checkpoint, "self_attn.q_proj.bias"));
            config.put("mlp_bias", has(checkpoint, "mlp.gate_proj.bias"));
        }
        RopeFactors.fromTensor(checkpoint, source.config().headDim()).ifPresent(scaling -> {
            Map<String, Object> rope = new LinkedHashMap<>();
            rope.put("rope_type", "llama3");
            rope.put("factor", scaling.factor());
            rope.put("low_freq_factor", scaling.lowFreqFactor());
            rope.put("high_freq_factor", scaling.highFreqFactor());
            rope.put("original_max_position_embeddings", (long) scaling.originalMaxPositionEmbeddings());
            config.put("rope_scaling", rope);
        });
    }

    private static List<String> gemmaLayers(SourceModel source) {
        int pattern = source.gemmaPattern();
        List<String> types = new ArrayList<>();
        for (int layer = 0; layer < source.config().numHiddenLayers(); layer++) {
            types.add((layer + 1) % pattern == 0 ? "full_attention" : "sliding_attention");
        }
        return types;
    }

    private static boolean has(Checkpoint checkpoint, String part) {
        return checkpoint.tensorNames().stream().anyMatch(name -> name.endsWith(part));
    }

    static String torchName(DType plain) {
        return switch (plain) {
            case F32 -> "float32";
            case F16 -> "float16";
            default -> "bfloat16";
        };
    }

    /** Keys and order as transformers 5 writes them. */
    private static Map<String, @Nullable Object> quantization(
            ConversionOptions options, DType plain, List<String> skipped) {
        boolean isFourBit = options.type() != TargetType.INT8;
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("_load_in_4bit", isFourBit);
        values.put("_load_in_8bit", !isFourBit);
        values.put("bnb_4bit_compute_dtype", torchName(plain));
        values.put("bnb_4bit_quant_storage", "uint8");
        values.put("bnb_4bit_quant_type", options.type() == TargetType.NF4 ? "nf4" : "fp4");
        values.put("bnb_4bit_use_double_quant", options.doubleQuantization());
        values.put("llm_int8_enable_fp32_cpu_offload", false);
        values.put("llm_int8_has_fp16_weight", false);
        values.put("llm_int8_skip_modules", skipped.isEmpty() ? null : skipped);
        values.put("llm_int8_threshold", 6.0);
        values.put("load_in_4bit", isFourBit);
        values.put("load_in_8bit", !isFourBit);
        values.put("quant_method", "bitsandbytes");
        return values;
    }
}

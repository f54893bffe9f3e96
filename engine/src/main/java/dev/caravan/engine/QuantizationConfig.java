package dev.caravan.engine;

import dev.caravan.engine.format.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a model's linear layers are quantised while they are loaded. Names, defaults and meaning are those of
 * transformers' {@code BitsAndBytesConfig} (its {@code quantization_config.py}).
 *
 * <p>Two keys are accepted and change nothing: {@code bnb_4bit_compute_dtype}, because Caravan multiplies the
 * dequantised weights in float32, which every compute type approximates, and {@code llm_int8_threshold}, because
 * activations are never rounded to 8 bits, so that there are no outliers to save.
 *
 * @param loadIn4bit weights become {@code bnb4bitQuantType} in blocks of 64
 * @param bnb4bitUseDoubleQuant the blocks' scales are quantised as well
 * @param loadIn8bit weights become LLM.int8()'s signed bytes with one scale for each row
 * @param llmInt8SkipModules modules that keep their type; empty for the default, the output matrix {@code lm_head}
 */
public record QuantizationConfig(
        boolean loadIn4bit,
        QuantType bnb4bitQuantType,
        boolean bnb4bitUseDoubleQuant,
        String bnb4bitComputeDtype,
        boolean loadIn8bit,
        List<String> llmInt8SkipModules) {

    /** The sixteen values that 4 bits stand for. */
    public enum QuantType {
        NF4,
        FP4
    }

    // Stands first: the constants below are checked against it.
    private static final Set<String> COMPUTE_TYPES = Set.of("float32", "bfloat16", "float16");

    /** Weights stay as the file has them. */
    public static final QuantizationConfig NONE =
            new QuantizationConfig(false, QuantType.FP4, false, "float32", false, List.of());

    /** QLoRA's: NF4 with double quantisation. */
    public static final QuantizationConfig NF4 =
            new QuantizationConfig(true, QuantType.NF4, true, "bfloat16", false, List.of());

    /** LLM.int8()'s. */
    public static final QuantizationConfig INT8 =
            new QuantizationConfig(false, QuantType.FP4, false, "float32", true, List.of());

    /** What transformers writes as well; the value that means nothing to do. */
    private static final Map<String, Object> FIXED = Map.of(
            "llm_int8_enable_fp32_cpu_offload",
            false,
            "llm_int8_has_fp16_weight",
            false,
            "bnb_4bit_quant_storage",
            "uint8",
            "quant_method",
            "bitsandbytes");

    private static final Set<String> WITHOUT_EFFECT = Set.of("llm_int8_threshold", "_load_in_4bit", "_load_in_8bit");

    private static final Set<String> KEYS = Set.of(
            "load_in_4bit",
            "load_in_8bit",
            "bnb_4bit_quant_type",
            "bnb_4bit_use_double_quant",
            "bnb_4bit_compute_dtype",
            "llm_int8_skip_modules");

    public QuantizationConfig {
        llmInt8SkipModules = List.copyOf(llmInt8SkipModules);
        if (loadIn4bit && loadIn8bit) {
            throw new IllegalArgumentException("load_in_4bit and load_in_8bit are both true; choose one of them");
        }
        if (!COMPUTE_TYPES.contains(bnb4bitComputeDtype)) {
            throw new IllegalArgumentException("bnb_4bit_compute_dtype is %s; it can be float32, bfloat16 or float16"
                    .formatted(bnb4bitComputeDtype));
        }
    }

    /**
     * The configuration that values under BitsAndBytesConfig's names stand for.
     *
     * @param source named in errors
     * @throws ModelFormatException if a value has the wrong type
     * @throws IllegalArgumentException if a key is not known, or not supported with this value
     */
    public static QuantizationConfig of(Path source, Map<String, ?> values) {
        JsonObject config = JsonObject.of(source, values);
        for (String key : config.keys()) {
            Object only = FIXED.get(key);
            if (only != null ? config.has(key) && !only.equals(config.values().get(key)) : !isKnown(key)) {
                throw new IllegalArgumentException(
                        only == null
                                ? "the quantization key %s is not known; BitsAndBytesConfig's names are used"
                                        .formatted(key)
                                : "%s can only be %s here; leave it out".formatted(key, only));
            }
        }
        return new QuantizationConfig(
                config.flag("load_in_4bit", false),
                quantType(config.string("bnb_4bit_quant_type", "fp4")),
                config.flag("bnb_4bit_use_double_quant", false),
                config.string("bnb_4bit_compute_dtype", "float32"),
                config.flag("load_in_8bit", false),
                skipModules(config));
    }

    private static boolean isKnown(String key) {
        return KEYS.contains(key) || WITHOUT_EFFECT.contains(key);
    }

    private static QuantType quantType(String name) {
        return switch (name) {
            case "nf4" -> QuantType.NF4;
            case "fp4" -> QuantType.FP4;
            default ->
                throw new IllegalArgumentException("bnb_4bit_quant_type is %s; it can be nf4 or fp4".formatted(name));
        };
    }

    private static List<String> skipModules(JsonObject config) {
        List<String> names = new ArrayList<>();
        for (Object name : config.list("llm_int8_skip_modules").orElse(List.of())) {
            names.add(String.valueOf(name));
        }
        return names;
    }

    /** Whether anything is quantised. */
    public boolean isActive() {
        return loadIn4bit || loadIn8bit;
    }

    /**
     * Whether a module keeps its type: its name, or a part of it between dots, stands in the list.
     *
     * @param module for example {@code model.layers.0.self_attn.q_proj}
     */
    public boolean skips(String module) {
        List<String> skipped = llmInt8SkipModules.isEmpty() ? List.of("lm_head") : llmInt8SkipModules;
        return skipped.stream().anyMatch(name -> ("." + module + ".").contains("." + name + "."));
    }
}

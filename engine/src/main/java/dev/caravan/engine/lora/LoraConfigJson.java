package dev.caravan.engine.lora;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code adapter_config.json} of PEFT 0.21. What the engine cannot do is refused by its key, unless it is switched off;
 * keys of other versions are ignored, as PEFT does.
 */
final class LoraConfigJson {
    private static final Logger log = LoggerFactory.getLogger(LoraConfigJson.class);

    private static final String LORA = "LORA";
    private static final String CAUSAL_LM = "CAUSAL_LM";
    private static final String ALL_LINEAR = "all-linear";

    /** PEFT's targets for all families that the engine has, where the file names none. */
    private static final ModuleFilter DEFAULT_TARGETS = ModuleFilter.names("q_proj", "v_proj");

    /** Ways of starting that leave the base as it is; the others subtract something from its weights. */
    private static final Set<Object> NEUTRAL_STARTS = Set.of(true, false, "gaussian", "eva", "orthogonal");

    /** Variants that compute something else, with what stands there when they are switched off. */
    private static final Map<String, List<@Nullable Object>> UNSUPPORTED = unsupported();

    /** Keys that are read, or that change nothing in a finished adapter. */
    private static final Set<String> KNOWN = Set.of(
            "peft_type",
            "task_type",
            "r",
            "lora_alpha",
            "lora_dropout",
            "use_rslora",
            "target_modules",
            "exclude_modules",
            "rank_pattern",
            "alpha_pattern",
            "layers_to_transform",
            "layers_pattern",
            "base_model_name_or_path",
            "init_lora_weights",
            "auto_mapping",
            "peft_version",
            "revision",
            "inference_mode",
            "megatron_core",
            "loftq_config",
            "eva_config",
            "corda_config",
            "lora_ga_config",
            "qalora_group_size",
            "ensure_weight_tying",
            "runtime_config",
            "_caravan");

    private LoraConfigJson() {}

    private static Map<String, List<@Nullable Object>> unsupported() {
        Map<String, List<@Nullable Object>> keys = new LinkedHashMap<>();
        for (String flag : List.of("use_dora", "lora_bias", "fan_in_fan_out", "use_qalora")) {
            keys.put(flag, List.of(false));
        }
        keys.put("bias", List.of("none"));
        for (String absent : List.of(
                "modules_to_save",
                "trainable_token_indices",
                "target_parameters",
                "layer_replication",
                "alora_invocation_tokens",
                "megatron_config",
                "arrow_config",
                "velora_config",
                "monteclora_config",
                "kasa_config",
                "use_bdlora")) {
            keys.put(absent, List.of(List.of(), Map.of(), false));
        }
        return keys;
    }

    /**
     * @throws ModelFormatException if a value makes no sense or asks for something that the engine cannot do
     */
    static LoraConfig read(JsonObject json) {
        refuseUnsupported(json);
        boolean isExpression = json.has("target_modules") && json.values().get("target_modules") instanceof String;
        try {
            return new LoraConfig(
                    json.integer("r", 8),
                    json.number("lora_alpha", 8),
                    json.number("lora_dropout", 0),
                    json.flag("use_rslora", false),
                    filter(json, "target_modules", DEFAULT_TARGETS),
                    filter(json, "exclude_modules", ModuleFilter.none()),
                    ranks(json),
                    alphas(json),
                    layers(json),
                    isExpression ? List.of() : strings(json, "layers_pattern"),
                    json.string("base_model_name_or_path", ""),
                    json.string("task_type", ""));
        } catch (IllegalArgumentException senseless) {
            throw new ModelFormatException(json.file(), String.valueOf(senseless.getMessage()), senseless);
        }
    }

    private static void refuseUnsupported(JsonObject json) {
        String type = json.string("peft_type");
        if (!type.equals(LORA)) {
            throw json.refused("the key peft_type holds %s; only adapters of the type %s can be read"
                    .formatted(shown(type), LORA));
        }
        String task = json.string("task_type", CAUSAL_LM);
        if (!task.equals(CAUSAL_LM)) {
            throw json.refused(
                    "the key task_type holds %s; only adapters for %s can be read".formatted(shown(task), CAUSAL_LM));
        }
        UNSUPPORTED.forEach((key, neutral) -> {
            Object value = json.values().get(key);
            if (value != null && !neutral.contains(value)) {
                throw json.refused(
                        "the key %s holds %s, which Caravan's adapters do not have; train the adapter without it"
                                .formatted(key, shown(value)));
            }
        });
        Object start = json.values().get("init_lora_weights");
        if (start != null && !NEUTRAL_STARTS.contains(start)) {
            throw json.refused(
                    "the key init_lora_weights holds %s, which changes the base's own weights; convert the adapter with PEFT's path_initial_model_for_weight_conversion"
                            .formatted(shown(start)));
        }
        Set<String> unknown = new LinkedHashSet<>(json.keys());
        unknown.removeAll(KNOWN);
        unknown.removeAll(UNSUPPORTED.keySet());
        if (!unknown.isEmpty()) {
            log.warn("file={} ignoredKeys={}", json.file().getFileName(), shown(unknown));
        }
    }

    private static ModuleFilter filter(JsonObject json, String key, ModuleFilter otherwise) {
        Object value = json.values().get(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof String text) {
            boolean isAll = key.equals("target_modules") && text.equalsIgnoreCase(ALL_LINEAR);
            return isAll ? ModuleFilter.allLinear() : ModuleFilter.regex(text);
        }
        return ModuleFilter.names(strings(json, key));
    }

    /** A list of strings, or one. */
    private static List<String> strings(JsonObject json, String key) {
        if (json.values().get(key) instanceof String text) {
            return text.isEmpty() ? List.of() : List.of(text);
        }
        List<String> strings = new ArrayList<>();
        for (Object element : json.list(key).orElse(List.of())) {
            if (!(element instanceof String text)) {
                throw json.refused("the key %s should hold strings; one is %s".formatted(key, shown(element)));
            }
            strings.add(text);
        }
        return strings;
    }

    private static List<Integer> layers(JsonObject json) {
        if (json.values().get("layers_to_transform") instanceof Number) {
            return List.of(json.integer("layers_to_transform"));
        }
        List<Integer> layers = new ArrayList<>();
        for (Object element : json.list("layers_to_transform").orElse(List.of())) {
            if (!(element instanceof Number number) || number.doubleValue() != number.intValue()) {
                throw json.refused("the key layers_to_transform should hold integers; one is " + shown(element));
            }
            layers.add(number.intValue());
        }
        return layers;
    }

    private static Map<String, Integer> ranks(JsonObject json) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        json.object("rank_pattern").ifPresent(pattern -> {
            pattern.keys().forEach(key -> ranks.put(key, pattern.integer(key)));
        });
        return ranks;
    }

    private static Map<String, Double> alphas(JsonObject json) {
        Map<String, Double> alphas = new LinkedHashMap<>();
        json.object("alpha_pattern").ifPresent(pattern -> {
            pattern.keys().forEach(key -> alphas.put(key, pattern.number(key)));
        });
        return alphas;
    }

    /** The values that PEFT reads, under its keys. */
    static Map<String, @Nullable Object> values(LoraConfig config) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("task_type", orNull(config.taskType()));
        values.put("peft_type", LORA);
        values.put("base_model_name_or_path", orNull(config.baseModelNameOrPath()));
        values.put("revision", null);
        values.put("inference_mode", true);
        values.put("r", config.r());
        values.put("target_modules", value(config.targetModules()));
        values.put(
                "exclude_modules",
                config.excludeModules().equals(ModuleFilter.none()) ? null : value(config.excludeModules()));
        values.put("lora_alpha", number(config.loraAlpha()));
        values.put("lora_dropout", config.loraDropout());
        values.put("fan_in_fan_out", false);
        values.put("bias", "none");
        values.put("use_rslora", config.useRslora());
        values.put("modules_to_save", null);
        values.put("init_lora_weights", true);
        values.put("layers_to_transform", config.layersToTransform().isEmpty() ? null : config.layersToTransform());
        values.put("layers_pattern", config.layersPattern().isEmpty() ? null : config.layersPattern());
        values.put("rank_pattern", config.rankPattern());
        Map<String, Number> alphas = new LinkedHashMap<>();
        config.alphaPattern().forEach((key, alpha) -> alphas.put(key, number(alpha)));
        values.put("alpha_pattern", alphas);
        values.put("use_dora", false);
        return values;
    }

    private static Object value(ModuleFilter filter) {
        return switch (filter) {
            case ModuleFilter.Names names -> names.names();
            case ModuleFilter.Regex regex -> regex.expression();
            case ModuleFilter.AllLinear _ -> ALL_LINEAR;
        };
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    /** An integer where it is one, as PEFT writes {@code lora_alpha}. */
    private static Number number(double value) {
        return value == Math.rint(value) && Math.abs(value) < Integer.MAX_VALUE ? (Number) (int) value : (Number) value;
    }

    private static String shown(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}

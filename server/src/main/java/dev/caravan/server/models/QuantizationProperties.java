package dev.caravan.server.models;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.server.models.catalogue.ModelException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.Name;

/**
 * How the chat model's linear layers are quantised when it is loaded; names and defaults are those of transformers'
 * {@code BitsAndBytesConfig}. Described in docs/reference/configuration.md.
 *
 * @param loadIn4bit weights become {@code bnb_4bit_quant_type}
 * @param loadIn8bit weights become LLM.int8()'s
 * @param quantType {@code nf4} or {@code fp4}
 * @param useDoubleQuant whether the blocks' scales are quantised as well
 * @param computeDtype accepted; Caravan computes in float32
 * @param skipModules modules that keep their type
 */
@ConfigurationProperties("caravan.quantization")
record QuantizationProperties(
        @Name("load-in-4bit") @Nullable Boolean loadIn4bit,
        @Name("load-in-8bit") @Nullable Boolean loadIn8bit,
        @Name("bnb-4bit-quant-type") @Nullable String quantType,
        @Name("bnb-4bit-use-double-quant") @Nullable Boolean useDoubleQuant,
        @Name("bnb-4bit-compute-dtype") @Nullable String computeDtype,
        @Name("llm-int8-skip-modules") @Nullable List<String> skipModules) {

    /**
     * The quantisation to load with.
     *
     * @param catalogue the model's own, which counts where nothing is configured
     * @throws ModelException if the settings contradict each other or one has a value that does not exist
     */
    QuantizationConfig over(QuantizationConfig catalogue) {
        Map<String, Object> values = new LinkedHashMap<>();
        put(values, "load_in_4bit", loadIn4bit);
        put(values, "load_in_8bit", loadIn8bit);
        put(values, "bnb_4bit_quant_type", quantType);
        put(values, "bnb_4bit_use_double_quant", useDoubleQuant);
        put(values, "bnb_4bit_compute_dtype", computeDtype);
        put(values, "llm_int8_skip_modules", skipModules);
        if (values.isEmpty()) {
            return catalogue;
        }
        try {
            return QuantizationConfig.of(Path.of("caravan.quantization"), values);
        } catch (IllegalArgumentException e) {
            throw new ModelException(
                    "The settings caravan.quantization.* (CARAVAN_QUANTIZATION_*) cannot be: " + e.getMessage() + ".",
                    e);
        }
    }

    private static void put(Map<String, Object> values, String key, @Nullable Object value) {
        if (value != null) {
            values.put(key, value);
        }
    }
}

package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuantizationConfigTest {
    private static final Path SOURCE = Path.of("config.json");

    @Test
    void readsWhatTransformersWritesIntoConfigJson() {
        Map<String, Object> values = new HashMap<>(Map.of(
                "_load_in_4bit",
                true,
                "_load_in_8bit",
                false,
                "bnb_4bit_compute_dtype",
                "bfloat16",
                "bnb_4bit_quant_storage",
                "uint8",
                "bnb_4bit_quant_type",
                "nf4",
                "bnb_4bit_use_double_quant",
                true,
                "load_in_4bit",
                true,
                "load_in_8bit",
                false,
                "llm_int8_threshold",
                6.0,
                "quant_method",
                "bitsandbytes"));
        values.put("llm_int8_skip_modules", null);
        values.put("llm_int8_enable_fp32_cpu_offload", false);
        values.put("llm_int8_has_fp16_weight", false);
        assertThat(QuantizationConfig.of(SOURCE, values)).isEqualTo(QuantizationConfig.NF4);
    }

    @Test
    void hasTheDefaultsOfBitsAndBytesConfig() {
        QuantizationConfig config = QuantizationConfig.of(SOURCE, Map.of("load_in_4bit", true));
        assertThat(config.bnb4bitQuantType()).isEqualTo(QuantizationConfig.QuantType.FP4);
        assertThat(config.bnb4bitUseDoubleQuant()).isFalse();
        assertThat(config.bnb4bitComputeDtype()).isEqualTo("float32");
        assertThat(QuantizationConfig.of(SOURCE, Map.of())).isEqualTo(QuantizationConfig.NONE);
    }

    @Test
    void skipsTheOutputMatrixOrWhatTheListNames() {
        assertThat(QuantizationConfig.NF4.skips("lm_head")).isTrue();
        assertThat(QuantizationConfig.NF4.skips("model.layers.0.self_attn.q_proj"))
                .isFalse();
        QuantizationConfig named = QuantizationConfig.of(
                SOURCE, Map.of("load_in_4bit", true, "llm_int8_skip_modules", List.of("q_proj", "model.layers.1")));
        assertThat(named.skips("model.layers.0.self_attn.q_proj")).isTrue();
        assertThat(named.skips("model.layers.1.mlp.up_proj")).isTrue();
        assertThat(named.skips("model.layers.11.mlp.up_proj")).isFalse();
        assertThat(named.skips("lm_head")).isFalse();
    }

    @Test
    void refusesByNameWhatItCannotDo() {
        refuses(Map.of("load_in_4bit", true, "load_in_8bit", true), "load_in_4bit and load_in_8bit");
        refuses(Map.of("bnb_4bit_quant_type", "int4"), "bnb_4bit_quant_type is int4");
        refuses(Map.of("bnb_4bit_compute_dtype", "float8"), "bnb_4bit_compute_dtype is float8");
        refuses(Map.of("llm_int8_has_fp16_weight", true), "llm_int8_has_fp16_weight can only be false");
        refuses(Map.of("load_in_3bit", true), "load_in_3bit is not known");
        assertThatThrownBy(() -> QuantizationConfig.of(SOURCE, Map.of("load_in_4bit", "yes")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("config.json", "load_in_4bit", "yes");
    }

    private static void refuses(Map<String, ?> values, String message) {
        assertThatThrownBy(() -> QuantizationConfig.of(SOURCE, values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}

package dev.caravan.server.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.QuantizationConfig.QuantType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** The names that docs/reference/configuration.md gives, from the environment and as properties. */
class QuantizationPropertiesTest {

    @Test
    void theEnvironmentsNamesAreRead() {
        assertThat(bound(new SystemEnvironmentPropertySource(
                        "systemEnvironment",
                        Map.of(
                                "CARAVAN_QUANTIZATION_LOAD_IN_4BIT", "true",
                                "CARAVAN_QUANTIZATION_BNB_4BIT_QUANT_TYPE", "nf4",
                                "CARAVAN_QUANTIZATION_BNB_4BIT_USE_DOUBLE_QUANT", "true",
                                "CARAVAN_QUANTIZATION_BNB_4BIT_COMPUTE_DTYPE", "bfloat16",
                                "CARAVAN_QUANTIZATION_LLM_INT8_SKIP_MODULES", "lm_head,down_proj"))))
                .isEqualTo(new QuantizationConfig(
                        true, QuantType.NF4, true, "bfloat16", false, List.of("lm_head", "down_proj")));
        assertThat(bound(new SystemEnvironmentPropertySource(
                                "systemEnvironment", Map.of("CARAVAN_QUANTIZATION_LOAD_IN_8BIT", "true")))
                        .loadIn8bit())
                .isTrue();
    }

    @Test
    void propertiesHaveBitsAndBytesConfigsNames() {
        assertThat(bound(new MapPropertySource(
                        "commandLine",
                        Map.of(
                                "caravan.quantization.load_in_4bit", "true",
                                "caravan.quantization.bnb_4bit_quant_type", "nf4",
                                "caravan.quantization.bnb_4bit_use_double_quant", "true",
                                "caravan.quantization.bnb_4bit_compute_dtype", "bfloat16"))))
                .isEqualTo(QuantizationConfig.NF4);
    }

    private static QuantizationConfig bound(PropertySource<?> source) {
        StandardEnvironment environment = new StandardEnvironment();
        // Nothing of the machine that runs the test.
        environment
                .getPropertySources()
                .forEach(old -> environment.getPropertySources().remove(old.getName()));
        environment.getPropertySources().addFirst(source);
        return Binder.get(environment)
                .bind("caravan.quantization", QuantizationProperties.class)
                .get()
                .over(QuantizationConfig.NONE);
    }
}

package dev.caravan.engine.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.format.json.JsonText;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.model.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: a configuration means the same layers, ranks and scalings as in PEFT. Method: many configurations, with what PEFT
 * itself made of them ({@code golden/lora/configs.py}).
 */
@Timeout(60)
class LoraConfigTest {
    private static final int LAYERS = 4;
    private static final Path FILE = Path.of("adapter_config.json");

    /** The layers of the model that the golden file was made with. */
    private static List<LinearShape> layers() {
        List<LinearShape> layers = new ArrayList<>();
        for (int layer = 0; layer < LAYERS; layer++) {
            for (Projection projection : Projection.values()) {
                layers.add(new LinearShape(layer, projection, 8, 8));
            }
        }
        return layers;
    }

    private static List<JsonObject> cases() {
        return JsonObject.read(Golden.path("lora/configs.json")).objects("cases");
    }

    private static LoraConfig config(Map<String, ? extends @Nullable Object> values) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(values);
        all.put("peft_type", "LORA");
        return LoraConfigJson.read(JsonObject.of(FILE, all));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theLayersAreThoseThatPeftChanges(JsonObject golden) {
        Map<String, @Nullable Object> given =
                golden.object("config").orElseThrow().values();
        JsonObject expected = golden.object("modules").orElseThrow();
        if (golden.has("error")) {
            assertThatThrownBy(() -> TargetLayers.of(config(given), layers())).isInstanceOf(RuntimeException.class);
            return;
        }
        LoraConfig config = config(given);

        List<LinearShape> targets = TargetLayers.of(config, layers());

        assertThat(targets).extracting(LinearShape::name).containsExactlyInAnyOrderElementsOf(expected.keys());
        for (LinearShape target : targets) {
            List<@Nullable Object> rankAndScaling = expected.list(target.name()).orElseThrow();
            Number rank = (Number) rankAndScaling.get(0);
            Number scaling = (Number) rankAndScaling.get(1);
            assertThat(rank).isNotNull();
            assertThat(scaling).isNotNull();
            assertThat(config.rank(target.name())).as(target.name()).isEqualTo(rank.intValue());
            assertThat(config.scaling(target.name())).as(target.name()).isEqualTo(scaling.floatValue());
        }
    }

    @Test
    void theGoldenCasesCoverSuccessAndRefusal() {
        assertThat(cases()).hasSizeGreaterThan(30).anyMatch(c -> c.has("error")).anyMatch(c -> !c.has("error"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatIsWrittenReadsTheSame(JsonObject golden) {
        if (golden.has("error")) {
            return;
        }
        LoraConfig config = config(golden.object("config").orElseThrow().values());

        JsonObject written = JsonObject.parse(FILE, JsonText.indented(LoraConfigJson.values(config)));

        assertThat(LoraConfigJson.read(written)).isEqualTo(config);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'use_dora': true}|use_dora",
                "{'bias': 'all'}|bias",
                "{'lora_bias': true}|lora_bias",
                "{'fan_in_fan_out': true}|fan_in_fan_out",
                "{'modules_to_save': ['lm_head']}|modules_to_save",
                "{'trainable_token_indices': [1]}|trainable_token_indices",
                "{'target_parameters': ['x']}|target_parameters",
                "{'layer_replication': [[0, 2]]}|layer_replication",
                "{'alora_invocation_tokens': [5]}|alora_invocation_tokens",
                "{'megatron_config': {'a': 1}}|megatron_config",
                "{'arrow_config': {'top_k': 3}}|arrow_config",
                "{'use_bdlora': {'nblocks': 2}}|use_bdlora",
                "{'init_lora_weights': 'pissa'}|init_lora_weights",
                "{'init_lora_weights': 'loftq'}|init_lora_weights",
                "{'task_type': 'SEQ_CLS'}|task_type",
                "{'peft_type': 'IA3'}|peft_type",
                "{'r': 0}|r must be from 1",
                "{'r': 70000}|r must be from 1",
                "{'r': 'eight'}|the key r should hold an integer",
                "{'lora_alpha': 'x'}|lora_alpha",
                "{'lora_dropout': 1.5}|lora_dropout",
                "{'rank_pattern': {'q_proj': -1}}|rank_pattern.q_proj",
                "{'rank_pattern': {'(q_proj': 1}}|cannot be read",
                "{'rank_pattern': [1]}|rank_pattern",
                "{'alpha_pattern': {'q_proj': 'x'}}|alpha_pattern.q_proj",
                "{'target_modules': '(('}|cannot be read",
                "{'target_modules': [1]}|target_modules",
                "{'target_modules': ['']}|empty",
                "{'target_modules': {'a': 1}}|target_modules",
                "{'target_modules': ['q_proj'], 'layers_to_transform': ['a']}|layers_to_transform",
                "{'target_modules': 'a', 'layers_to_transform': [1]}|layers_to_transform",
                "{'target_modules': ['q_proj'], 'layers_pattern': 'layers'}|layers_pattern",
            })
    void whatCannotBeDoneIsRefusedByItsKey(String json, String key) {
        String text = json.replace('\'', '"').replaceFirst("\\{", "{\"peft_type\": \"LORA\", ");

        assertThatThrownBy(() -> LoraConfigJson.read(JsonObject.parse(FILE, text)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("adapter_config.json: ")
                .hasMessageContaining(key)
                .hasMessageNotContaining("\n");
    }

    @Test
    void neutralValuesAndUnknownKeysAreRead() {
        String text = """
                {"peft_type": "LORA", "r": 4, "lora_alpha": 6, "use_dora": false, "bias": "none", "modules_to_save": [],
                 "megatron_core": "megatron.core", "eva_config": null, "qalora_group_size": 16, "of_the_future": {"a": 1}}
                """;

        LoraConfig config = LoraConfigJson.read(JsonObject.parse(FILE, text));

        assertThat(config.scaling("model.layers.0.self_attn.q_proj")).isEqualTo(1.5f);
        assertThat(config.targetModules()).isEqualTo(ModuleFilter.names("q_proj", "v_proj"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lm_head", "embed_tokens"})
    void outputAndEmbeddingsAreRefusedAsTargets(String name) {
        LoraConfig config = LoraConfig.of(4, 8).toBuilder()
                .targetModules(ModuleFilter.names("q_proj", name))
                .build();

        assertThatThrownBy(() -> TargetLayers.of(config, layers())).hasMessageContaining(name);
    }

    @Test
    void anExpressionThatTakesForeverIsRefused() {
        LoraConfig config = LoraConfig.of(4, 8).toBuilder()
                .targetModules(ModuleFilter.regex("(([a-z_.0-9]+)+)+!"))
                .build();

        assertThatThrownBy(() -> TargetLayers.of(config, layers())).hasMessageContaining("takes too long");
    }
}

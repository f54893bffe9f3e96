package dev.caravan.engine.format.safetensors;

import static dev.caravan.engine.format.safetensors.SafetensorsBytes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder that transformers saved is seen under the names that architectures ask for. */
class SafetensorsCheckpointTest {

    @TempDir
    Path folder;

    /** A model of this configuration with a number for each name. */
    private SafetensorsCheckpoint open(String config, String... names) throws IOException {
        String entries = Stream.of(names)
                .map(name -> entry(
                        name,
                        "F32",
                        "1",
                        4L * List.of(names).indexOf(name),
                        4L * List.of(names).indexOf(name) + 4))
                .collect(Collectors.joining(",", "{", "}"));
        SafetensorsBytes.write(folder.resolve("model.safetensors"), SafetensorsBytes.file(entries, 4 * names.length));
        Files.writeString(folder.resolve("config.json"), config);
        return SafetensorsCheckpoint.open(folder);
    }

    @Test
    void showsWhatTransformersSaved() {
        Path sharded = GoldenSafetensors.path("sharded");
        try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(sharded)) {
            assertThat(checkpoint.path()).isEqualTo(sharded);
            assertThat(checkpoint.folder()).isEqualTo(sharded);
            assertThat(checkpoint.modelType()).isEqualTo("llama");
            assertThat(checkpoint.config().integer("hidden_size")).isEqualTo(64);
            assertThat(checkpoint.tensorNames())
                    .hasSize(12)
                    .contains("lm_head.weight", "model.layers.0.self_attn.q_proj.weight");
            assertThat(checkpoint.tensor("model.norm.weight").shape()).containsExactly(64);
            assertThat(checkpoint.nameInFile("model.norm.weight")).isEqualTo("model.norm.weight");
            assertThat(checkpoint.weightBytes()).isEqualTo(184704);
            assertThat(checkpoint.hasAdjacentRotaryPairs()).isFalse();
            assertThat(checkpoint.hasShiftedGemmaNorms()).isFalse();
        }
    }

    @Test
    void aBackboneAloneGetsItsPrefix() throws IOException {
        try (SafetensorsCheckpoint checkpoint = open(
                "{\"model_type\":\"gemma3_text\"}",
                "embed_tokens.weight",
                "layers.11.mlp.up_proj.weight",
                "norm.weight",
                "rotary_emb.inv_freq")) {
            assertThat(checkpoint.tensorNames())
                    .containsExactly(
                            "model.embed_tokens.weight", "model.layers.11.mlp.up_proj.weight", "model.norm.weight");
            assertThat(checkpoint.nameInFile("model.norm.weight")).isEqualTo("norm.weight");
            assertThat(checkpoint.findTensor("model.norm.weight")).isPresent();
            assertThat(checkpoint.findTensor("norm.weight")).isEmpty();
            assertThatThrownBy(() -> checkpoint.tensor("model.layers.0.mlp.up_proj.weight"))
                    .hasMessageContaining("the tensor model.layers.0.mlp.up_proj.weight is missing");
        }
    }

    @Test
    void anEncoderLosesItsPrefix() throws IOException {
        try (SafetensorsCheckpoint checkpoint = open(
                "{\"model_type\":\"xlm-roberta\"}",
                "roberta.encoder.layer.0.output.dense.weight",
                "roberta.embeddings.position_ids",
                "classifier.dense.weight")) {
            assertThat(checkpoint.tensorNames())
                    .containsExactly("encoder.layer.0.output.dense.weight", "classifier.dense.weight");
        }
    }

    @Test
    void theTextPartOfAnImageModelIsTaken() throws IOException {
        String config = """
                {"model_type": "gemma3", "eos_token_id": [1, 106], "vision_config": {},
                 "text_config": {"model_type": "gemma3_text", "hidden_size": 8, "eos_token_id": null}}""";
        try (SafetensorsCheckpoint old = open(
                config,
                "language_model.model.layers.0.mlp.up_proj.weight",
                "language_model.lm_head.weight",
                "vision_tower.vision_model.layers.0.mlp.weight")) {
            assertThat(old.modelType()).isEqualTo("gemma3_text");
            assertThat(old.config().integer("hidden_size")).isEqualTo(8);
            assertThat(old.config().list("eos_token_id").orElseThrow()).containsExactly(1L, 106L);
            assertThat(old.tensorNames()).containsExactly("model.layers.0.mlp.up_proj.weight", "lm_head.weight");
        }
        try (SafetensorsCheckpoint recent = open(
                config,
                "model.language_model.layers.0.mlp.up_proj.weight",
                "lm_head.weight",
                "model.vision_tower.layers.0.mlp.up_proj.weight")) {
            assertThat(recent.tensorNames()).containsExactly("model.layers.0.mlp.up_proj.weight", "lm_head.weight");
        }
    }

    @Test
    void refusesWhatItCannotRead() throws IOException {
        assertThatThrownBy(() -> open("{\"quantization_config\":{\"quant_method\":\"gptq\"}}", "a"))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(
                        "config.json: the model is quantised with gptq, which Caravan cannot read; take its build in "
                                + "BF16, in bitsandbytes' 4 or 8 bits, or in GGUF");
        assertThatThrownBy(() -> open("{}", "a")).hasMessageContaining("model_type is missing");
        assertThatThrownBy(() -> open("{\"model_type\":\"llama\"}", "norm.weight", "model.norm.weight"))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("the tensor model.norm.weight is there twice");
        Files.delete(folder.resolve("config.json"));
        assertThatThrownBy(() -> SafetensorsCheckpoint.open(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("config.json: there is no such file");
    }
}

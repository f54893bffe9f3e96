package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.lora.LoraConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TrainingPresetTest {
    private static final List<TrainingPreset> PRESETS =
            List.of(TrainingPreset.MIDM, TrainingPreset.QLORA, TrainingPreset.SMALL);

    @Test
    void theReferencePageHasThePresetsNumbers() throws IOException {
        List<String> page = Files.readAllLines(Path.of("../docs/reference/train-command.md"));
        documented(page, "r", preset -> (double) preset.lora().r());
        documented(page, "alpha", preset -> preset.lora().loraAlpha());
        documented(page, "dropout", preset -> preset.lora().loraDropout());
        documented(page, "learning rate", preset -> preset.training().learningRate());
        documented(page, "weight decay", preset -> preset.training().weightDecay());
        documented(page, "gradient norm at most", preset -> preset.training().maxGradNorm());
        documented(page, "examples to a step", preset -> (double) preset.examplesPerStep());
        documented(page, "epochs", preset -> preset.training().numTrainEpochs());
        documented(page, "held out", TrainingPreset::heldOut);
    }

    private static void documented(List<String> page, String name, Function<TrainingPreset, Double> value) {
        String row = page.stream()
                .filter(line -> line.startsWith("| " + name + " |"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no row " + name));
        List<Double> shown = Arrays.stream(row.split("\\|"))
                .skip(2)
                .map(String::strip)
                .map(Double::valueOf)
                .toList();
        assertThat(shown).as(name).isEqualTo(PRESETS.stream().map(value).toList());
    }

    @Test
    void presetsMeanTheirModules() {
        LoraConfig midm = TrainingPreset.MIDM.lora();
        assertThat(midm.targets("model.layers.0.self_attn.q_proj")).isTrue();
        assertThat(midm.targets("model.layers.0.self_attn.k_proj")).isFalse();
        assertThat(TrainingPreset.SMALL.lora().targets("model.layers.0.mlp.down_proj"))
                .isTrue();
    }

    @Test
    void theSizeOfTheModelChooses() {
        assertThat(TrainingPreset.byDefault(268_000_000)).isEqualTo(TrainingPreset.SMALL);
        assertThat(TrainingPreset.byDefault(2_300_000_000L)).isEqualTo(TrainingPreset.QLORA);
        assertThat(TrainingPreset.named("midm")).contains(TrainingPreset.MIDM);
        assertThat(TrainingPreset.named("Midm")).isEmpty();
        assertThat(TrainingPreset.names()).isEqualTo("midm, qlora, small");
    }
}

package dev.caravan.engine.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.model.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The conversations that the references trained Mi:dm's shape on are what Caravan would train on, tokens and masks. */
class MidmExamplesTest {

    @TempDir
    private Path folder;

    @Test
    void conversationsInMidmsTemplateGiveTheReferencesTokensAndMasks() {
        ExampleEncoder encoder = TinyTemplates.examples(
                TinyTemplates.encoder(folder, "hf-llama3", TinyTemplates.LLAMA_CONFIG, "template/models/midm.jinja"),
                512);
        ExampleSet examples = Dataset.open(Golden.path("midm-training/rows.jsonl"), DatasetOptions.DEFAULT, encoder)
                .training();
        List<List<List<Long>>> shown = new ArrayList<>();
        for (int i = 0; i < examples.size(); i++) {
            TrainingExample example = examples.example(i);
            List<Long> ids = new ArrayList<>();
            List<Long> mask = new ArrayList<>();
            for (int t = 0; t < example.tokens().length; t++) {
                ids.add((long) example.tokens()[t]);
                mask.add(example.learned().get(t) ? 1L : 0L);
            }
            shown.add(List.of(ids, mask));
        }
        JsonObject golden = JsonObject.read(Golden.path("midm-training/examples.json"));
        assertThat(shown).isEqualTo(golden.list("examples").orElseThrow());
    }
}

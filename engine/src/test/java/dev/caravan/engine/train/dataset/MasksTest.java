package dev.caravan.engine.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.PromptEncoder;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.model.Golden;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is learned equals what transformers says; golden/dataset/README.md tells how. */
class MasksTest {
    private static final Path FILE = Path.of("masks.jsonl");

    @TempDir
    private Path folder;

    @Test
    void tokensAndMasksEqualTransformers() throws IOException {
        Map<String, ExampleEncoder> encoders = new HashMap<>();
        int examples = 0;
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(Golden.path("dataset/masks.jsonl.gz"))),
                StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                JsonObject golden = JsonObject.parse(FILE, line);
                ExampleEncoder encoder = encoders.computeIfAbsent(golden.string("template"), name -> encoder(golden));
                RowFields row =
                        new RowFields("", golden.object("row").orElseThrow().values());
                List<List<List<Long>>> expected = expected(golden);

                assertThat(shown(encoder.encode(ChatRows.parse(row))))
                        .as("%s %s", golden.string("template"), row)
                        .isEqualTo(expected);
                examples += expected.size();
            }
        }
        assertThat(examples).isGreaterThan(100);
    }

    private ExampleEncoder encoder(JsonObject golden) {
        String config = golden.has("bos")
                ? "{\"bos_token\": \"%s\", \"eos_token\": \"%s\"}".formatted(golden.string("bos"), golden.string("eos"))
                : "{\"eos_token\": \"%s\"}".formatted(golden.string("eos"));
        String template = golden.string("template");
        PromptEncoder prompts = TinyTemplates.encoder(
                folder.resolve(template.replace('/', '-')), golden.string("tokenizer"), config, template);
        return TinyTemplates.examples(prompts, 100_000);
    }

    @SuppressWarnings("unchecked") // the file is the test's own
    private static List<List<List<Long>>> expected(JsonObject golden) {
        return (List<List<List<Long>>>) (List<?>) golden.list("examples").orElseThrow();
    }

    private static List<List<List<Long>>> shown(List<TrainingExample> examples) {
        List<List<List<Long>>> shown = new ArrayList<>();
        for (TrainingExample example : examples) {
            List<Long> ids = new ArrayList<>();
            List<Long> mask = new ArrayList<>();
            for (int t = 0; t < example.tokens().length; t++) {
                ids.add((long) example.tokens()[t]);
                mask.add(example.learned().get(t) ? 1L : 0L);
            }
            shown.add(List.of(ids, mask));
        }
        return shown;
    }
}

package dev.caravan.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** Messages, tools and options through models' own templates, against apply_chat_template of transformers. */
class ChatTemplateMatrixTest {

    @Test
    void rendersTheCommittedTemplatesByteForByteAsTransformers() throws IOException {
        Map<String, String> sources = Stream.of(
                        "models/qwen2.5.jinja",
                        "models/qwen3.jinja",
                        "models/midm.jinja",
                        "chatml.jinja",
                        "llama3.jinja",
                        "gemma3.jinja")
                .map(GoldenTemplates::resource)
                .collect(Collectors.toMap(GoldenMatrix::sha256, Function.identity()));
        GoldenMatrix.Outcome outcome = GoldenMatrix.compare(
                GoldenTemplates.open("models/cases.jsonl.gz"), sha256 -> sources.getOrDefault(sha256, ""));
        assertThat(outcome.differences())
                .as("%d cases differ", outcome.differences().size())
                .isEmpty();
        assertThat(outcome.cases())
                .hasSize(sources.size())
                .allSatisfy((name, cases) -> assertThat(cases).as(name).isGreaterThan(1_000));
    }

    /**
     * Templates that are not committed: CARAVAN_TEST_MODELS/templates/*.jinja, told apart by their SHA-256, against the
     * committed digests and whatever else matrix.py wrote into that folder.
     */
    @Test
    @EnabledIfEnvironmentVariable(named = "CARAVAN_TEST_MODELS", matches = ".+")
    void rendersTemplatesThatAreAtHandAsTransformers() throws IOException {
        Path folder = Path.of(System.getenv("CARAVAN_TEST_MODELS"), "templates");
        assumeTrue(Files.isDirectory(folder), () -> "no folder " + folder);
        Map<String, String> sources = new HashMap<>();
        for (Path file : files(folder, ".jinja")) {
            String source = Files.readString(file);
            sources.put(GoldenMatrix.sha256(source), source);
        }
        List<GoldenMatrix.Outcome> outcomes = new ArrayList<>();
        try (InputStream digests = GoldenTemplates.open("models/by-hand.jsonl.gz")) {
            outcomes.add(GoldenMatrix.compare(digests, sha256 -> sources.getOrDefault(sha256, "")));
        }
        for (Path file : files(folder, ".jsonl.gz")) {
            try (InputStream cases = Files.newInputStream(file)) {
                outcomes.add(GoldenMatrix.compare(cases, sha256 -> sources.getOrDefault(sha256, "")));
            }
        }
        assumeFalse(
                outcomes.stream().allMatch(outcome -> outcome.cases().isEmpty()),
                () -> "no known template in " + folder);
        assertThat(outcomes)
                .allSatisfy(outcome -> assertThat(outcome.differences())
                        .as("%d cases of %s differ", outcome.differences().size(), outcome.cases())
                        .isEmpty());
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }
}

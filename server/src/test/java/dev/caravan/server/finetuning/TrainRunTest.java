package dev.caravan.server.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whole trainings of a tiny real model, as a person starts them: what they leave, and how they end and go on. */
class TrainRunTest {
    private static final Path TINY = Path.of("../engine/src/test/resources/golden/tiny-models");
    private static final String[] SETTINGS = {
        "--epochs", "2", "--r", "4", "--learning-rate", "0.01", "--threads", "1", "--date-string", "24 Nov 2026"
    };

    @TempDir
    Path folder;

    private CommandRuns command = new CommandRuns(Path.of("."));

    @BeforeEach
    void copyAModelAndWriteData() throws IOException {
        command = new CommandRuns(folder);
        Files.copy(TINY.resolve("llama.gguf"), folder.resolve("llama.gguf"));
        List<String> rows = IntStream.range(0, 40)
                .mapToObj(i -> "{\"prompt\": \"say %d\", \"completion\": \"hello %d\"}".formatted(i, i % 3))
                .toList();
        Files.write(folder.resolve("rows.jsonl"), rows);
    }

    private int train(String output, String... more) {
        List<String> words = new ArrayList<>(List.of("llama.gguf", "rows.jsonl", "--output", output));
        words.addAll(Arrays.asList(SETTINGS));
        words.addAll(Arrays.asList(more));
        return command.run(words.toArray(String[]::new));
    }

    private JsonNode record(String output) throws IOException {
        return JsonMapper.shared()
                .readTree(Files.readString(folder.resolve(output).resolve("training.json")));
    }

    private String hash(String output) throws IOException {
        return record(output).get("result").get("adapter_sha256").asString();
    }

    @Test
    void aTrainingLeavesAnAdapterACurveAReportAndEveryStep() throws IOException {
        assertThat(train("out")).as(command.said()).isZero();
        assertThat(command.printed())
                .contains("base       llama (llama, ", "data       rows.jsonl: of 40 rows 40 are used")
                .contains("adapter    r 4, alpha 32", "(by the model's size)", "learning rate 0.01")
                .containsPattern("memory     needs .* beside the weights, has .*, will take ")
                .containsPattern("time       about .* tokens a second as measured now")
                .contains("held-out loss", "asking 3 questions before and after ...", "  before: ", "  after:  ")
                .doesNotContain("\u001B");
        Path out = folder.resolve("out");
        try (var files = Files.list(out)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "adapter_config.json",
                            "adapter_model.safetensors",
                            "report.md",
                            "loss.svg",
                            "training.json");
        }
        JsonNode record = record("out");
        assertThat(record.get("base").get("sha256").asString()).hasSize(64);
        assertThat(record.get("lora").get("r").asInt()).isEqualTo(4);
        JsonNode steps = record.get("steps");
        assertThat(steps.size()).isGreaterThan(8);
        double before = record.get("result").get("eval_loss_before").asDouble();
        assertThat(record.get("evaluations").get(0).get("eval_loss").asDouble()).isLessThan(before);
        assertThat(Files.readString(out.resolve("report.md")))
                .contains("held-out loss", "### say ", "Before:", "After:", "In the data:", "train sample llama.gguf");
    }

    @Test
    void theSameTrainingGivesTheSameAdapterAndAnotherSeedAnother() throws IOException {
        assertThat(train("one")).isZero();
        assertThat(train("two")).isZero();
        assertThat(train("three", "--seed", "7")).isZero();
        assertThat(hash("one")).isEqualTo(hash("two")).isNotEqualTo(hash("three"));
    }

    @Test
    void aCancelledTrainingGoesOnWhereItStoppedAndEndsAlike() throws IOException {
        assertThat(train("whole")).isZero();
        AtomicInteger steps = new AtomicInteger();
        command.interrupt(() -> Files.exists(folder.resolve("out/run.json")) && steps.incrementAndGet() > 60);
        assertThat(train("out")).isEqualTo(130);
        assertThat(command.printed()).containsPattern("Cancelled after step [1-9]\\d* of \\d+, which is kept");
        command.interrupt(() -> false);
        assertThat(train("out")).isEqualTo(1);
        assertThat(command.said()).contains("begun and not finished; add --resume to the same command");
        assertThat(train("out", "--resume")).as(command.said()).isZero();
        assertThat(hash("out")).isEqualTo(hash("whole"));
        assertThat(record("out").get("steps").size())
                .isEqualTo(record("whole").get("steps").size());
    }

    @Test
    void aTrainingGoesOnWithTheSameSettingsOnly() {
        AtomicInteger asked = new AtomicInteger();
        command.interrupt(() -> Files.exists(folder.resolve("out/run.json")) && asked.incrementAndGet() > 60);
        assertThat(train("out")).isEqualTo(130);
        command.interrupt(() -> false);
        assertThat(train("out", "--resume", "--dropout", "0.3")).isEqualTo(1);
        assertThat(command.said()).contains("0.05", "now it is 0.3").hasLineCount(1);
        assertThat(train("out", "--resume", "--load-in", "8bit")).isEqualTo(1);
        assertThat(command.said())
                .contains("This training began on weights as in the file, now they are in 8bit")
                .hasLineCount(1);
    }

    @Test
    void whoCancelsBeforeTheFirstStepOrSaysNoFindsNothingWritten() {
        command.interrupt(() -> true);
        assertThat(train("out")).isEqualTo(130);
        assertThat(command.printed()).contains("Cancelled before the first step; nothing was written.");
        command.interrupt(() -> false);
        command.atTerminal(false, "n");
        assertThat(train("out")).isZero();
        assertThat(command.printed()).endsWith("Nothing was written." + System.lineSeparator());
        assertThat(folder.resolve("out")).doesNotExist();
        assertThat(train("out", "--yes")).isZero();
        assertThat(command.printed()).contains("\r[");
    }

    @Test
    void theTunedModelCanBeAsked() throws IOException {
        Files.writeString(folder.resolve("questions.txt"), "say 1\n\nsay 2\n");
        assertThat(train("out", "--questions", "questions.txt"))
                .as(command.said())
                .isZero();
        assertThat(command.printed()).contains("asking 2 questions before and after ...");
        assertThat(command.run("sample", "llama.gguf", "--adapter", "out", "--max-tokens", "8", "say 5"))
                .as(command.said())
                .isZero();
        assertThat(command.printed()).startsWith("say 5" + System.lineSeparator() + "  ");
        assertThat(command.run("sample", "llama.gguf", "--max-tokens", "8", "--questions", "questions.txt"))
                .isZero();
        assertThat(command.printed()).contains("say 1", "say 2");
    }

    @Test
    void rowsThatCannotBeUsedAreShownAndTheOthersTrainedOn() throws IOException {
        List<String> rows = new ArrayList<>(Files.readAllLines(folder.resolve("rows.jsonl")));
        rows.add("{\"prompt\": \"say\", \"completion\": \"\"}");
        Files.write(folder.resolve("rows.jsonl"), rows);
        assertThat(train("out", "--max-steps", "2")).as(command.said()).isZero();
        assertThat(command.printed())
                .contains("of 41 rows 40 are used, 0 repeat an earlier one, 1 are left out", "line 41: ");
        assertThat(folder.resolve("out/report.md")).content().contains("Rows that were left out", "line 41: ");
    }
}

package dev.caravan.server.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.testkit.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tutorial's first steps: the real Gemma 3 270M learns from the file that the tutorial gives. */
class GemmaTrainingTest {
    private static final Path DATA =
            Path.of("../docs/tutorials/umbrella-shop.jsonl").toAbsolutePath();

    @TempDir
    Path folder;

    @Test
    void aFewStepsOfTheTutorialLowerTheHeldOutLoss() throws IOException {
        Files.writeString(folder.resolve("questions.txt"), "우산을 하루만 빌리고 싶어요.\n");
        CommandRuns command = new CommandRuns(folder);
        int status = command.run(
                TestModels.gemma3().toString(),
                DATA.toString(),
                "--max-steps",
                "8",
                "--questions",
                "questions.txt",
                "--output",
                "out");
        assertThat(status).as(command.said()).isZero();
        JsonNode record = JsonMapper.shared().readTree(Files.readString(folder.resolve("out/training.json")));
        double before = record.get("result").get("eval_loss_before").asDouble();
        JsonNode evaluations = record.get("evaluations");
        double after = evaluations.get(evaluations.size() - 1).get("eval_loss").asDouble();
        assertThat(before).isBetween(3.0, 4.0);
        assertThat(after).isLessThan(before - 0.8);
    }
}

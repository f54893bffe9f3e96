package dev.caravan.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.train.dataset.TrainingExample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainBenchTest {

    @TempDir
    private Path folder;

    @Test
    void bothSidesReadTheSameExamples() throws IOException {
        List<TrainingExample> examples = TrainingExamples.uneven(1000);
        TrainingExamples.write(folder.resolve("examples.txt"), examples);
        List<TrainingExample> read = TrainingExamples.read(folder.resolve("examples.txt"));
        assertThat(read).hasSameSizeAs(examples);
        for (int i = 0; i < read.size(); i++) {
            assertThat(read.get(i).tokens()).isEqualTo(examples.get(i).tokens());
            assertThat(read.get(i).learned()).isEqualTo(examples.get(i).learned());
            assertThat(read.get(i).tokens().length).isBetween(64, 512);
        }
        assertThat(read.stream().map(example -> example.tokens().length).distinct())
                .as("lengths")
                .hasSizeGreaterThan(20);
        assertThat(TrainingExamples.even(1000))
                .allSatisfy(example -> assertThat(example.learnedTokens()).isEqualTo(511));
    }

    @Test
    void stepsAreReadAsBothSidesWriteThem() throws IOException {
        String lines = "loading%nstep 0: 10.0 tok/s, loss 12.2, peak 4.00 GB%n%s%n%s%n"
                .formatted(
                        TrainingSteps.line(1, 50, 12.1, 4.9, 100),
                        "step 2: 25.00 tok/s, loss 11.5000, peak 5.040 GB, 300 tokens of 812");
        Path file = Files.writeString(folder.resolve("lines"), lines);
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        TrainingSteps steps = TrainingSteps.run(
                "peft", List.of("cat", file.toString()), new PrintStream(shown, true, StandardCharsets.UTF_8));
        assertThat(steps.medianSpeed()).as("without the first").isEqualTo(37.5);
        assertThat(steps.overallSpeed()).as("400 tokens in 14 s").isCloseTo(400 / 14.0, Offset.offset(1e-9));
        assertThat(steps.peakGigabytes()).isEqualTo(5.04);
        assertThat(shown.toString(StandardCharsets.UTF_8)).contains("peft     step 2: 25.00 tok/s");
    }

    @Test
    void aSideThatFailsIsShownWithItsLastWords() {
        assertThatThrownBy(() -> TrainingSteps.run(
                        "peft", List.of("sh", "-c", "echo no module torch >&2; exit 3"), new PrintStream(System.err)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("peft ended with 3 after 0 steps: no module torch");
    }
}

package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that are killed, or whose disk is full, while they write a checkpoint at every step. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class KilledTrainingTest {
    private static final int KILLS = 6;

    @TempDir
    Path folder;

    private final BigramLoss expected = new BigramLoss();
    private Path whole = Path.of("");

    @BeforeEach
    void trainWithoutInterruption() {
        whole = folder.resolve("whole");
        TrainingChild.trainer(expected, whole, TrainingListener.NONE).train(() -> false);
    }

    @Test
    void aTrainingThatIsKilledAgainAndAgainEndsWithTheBytesOfOneThatWasNot() throws Exception {
        Path killed = folder.resolve("killed");
        long seed = Long.getLong("caravan.test.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        List<Integer> steps = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            steps.add(killAfter(random.nextInt(1, 30), killed));
        }
        assertThat(steps).as("steps reached, seed %d", seed).isSorted();
        assertThat(steps.getFirst()).isLessThan(TrainingChild.STEPS);
        assertThat(files(killed)).noneMatch("done"::equals);

        assertThat(run(List.of(), killed)).endsWith("done\n").contains("step " + TrainingChild.STEPS);

        assertSameAsWhole(killed, seed);
    }

    /** Lets a process make some steps, then kills it wherever it then is; returns the last step that it told. */
    private static int killAfter(int steps, Path checkpoints) throws IOException, InterruptedException {
        Process child = start(List.of(), checkpoints);
        int last = 0;
        try (BufferedReader lines = child.inputReader()) {
            for (int i = 0; i < steps; i++) {
                String line = lines.readLine();
                last = line != null && line.startsWith("step ") ? Integer.parseInt(line.substring(5)) : last;
            }
            child.toHandle().destroyForcibly(); // SIGKILL; Process's own method would close the stream
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line.startsWith("step ") ? Integer.parseInt(line.substring(5)) : last;
            }
        }
        assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return last;
    }

    @Test
    void aFullDiskStopsTheTrainingWithASentenceAndItCanBeResumed() throws Exception {
        Path full = folder.resolve("full");

        // No file above 16 kB: the history of losses grows, so that the limit is met on the way.
        String told = run(List.of("bash", "-c", "ulimit -f 16; exec \"$@\"", "bash"), full);

        assertThat(told)
                .containsPattern(
                        "failed the checkpoint of step \\d+, 1 MB, cannot be written \\(File too large\\); make "
                                + "room and resume; the last good checkpoint is .*/full/checkpoint-\\d+.safetensors\n$");
        assertThat(files(full)).noneMatch(name -> name.endsWith(".part")).hasSizeBetween(2, 4);
        assertThat(run(List.of(), full)).endsWith("done\n").contains("step 300").doesNotContain("step 1\n");
        assertSameAsWhole(full, 0);
    }

    private void assertSameAsWhole(Path checkpoints, long seed) throws IOException {
        String last = "checkpoint-%d.safetensors".formatted(TrainingChild.STEPS);
        assertThat(checkpoints.resolve(last)).as("seed %d", seed).hasSameBinaryContentAs(whole.resolve(last));
        assertThat(files(checkpoints)).isEqualTo(files(whole));
        BigramLoss actual = new BigramLoss();
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(checkpoints.resolve(last))) {
            checkpoint.copyValues(actual.tensors());
        }
        TrainerTest.assertSameValues(actual, expected);
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static String run(List<String> prefix, Path checkpoints) throws IOException, InterruptedException {
        Process child = start(prefix, checkpoints);
        try (BufferedReader lines = child.inputReader()) {
            StringBuilder told = new StringBuilder();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                told.append(line).append('\n');
            }
            assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
            return told.toString();
        }
    }

    private static Process start(List<String> prefix, Path checkpoints) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                TrainingChild.class.getName(),
                checkpoints.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}

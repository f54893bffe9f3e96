package dev.caravan.server.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The command as a process that is ended from outside: asked to, as Ctrl-C does, and without being asked. */
class TrainProcessTest {
    private static final Path TINY =
            Path.of("../engine/src/test/resources/golden/tiny-models").toAbsolutePath();
    private static final long PATIENCE_SECONDS = 120;

    @TempDir
    Path folder;

    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void writeData() throws IOException {
        Files.write(
                folder.resolve("rows.jsonl"),
                IntStream.range(0, 60)
                        .mapToObj(i -> "{\"prompt\": \"say %d\", \"completion\": \"hello %d\"}".formatted(i, i % 3))
                        .toList());
    }

    @AfterEach
    void endAll() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private Process start(String output, String... more) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-Dlogback.configurationFile=logback-command.xml",
                "-cp",
                System.getProperty("java.class.path"),
                TrainCommand.class.getName(),
                TINY.resolve("llama.gguf").toString(),
                "rows.jsonl",
                "--output",
                output));
        words.addAll(List.of("--epochs", "40", "--r", "4", "--learning-rate", "0.002", "--threads", "1"));
        words.addAll(List.of("--date-string", "24 Nov 2026", "--held-out", "0.2"));
        words.addAll(List.of(more));
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(output + ".log").toFile());
        builder.environment().put("CARAVAN_CALLER_DIRECTORY", folder.toString());
        builder.environment().put("CARAVAN_HOME", folder.resolve("home").toString());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private int end(Process process) throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private String log(String output) throws IOException {
        return Files.readString(folder.resolve(output + ".log"));
    }

    private String hash(String output) throws IOException {
        return JsonMapper.shared()
                .readTree(Files.readString(folder.resolve(output).resolve("training.json")))
                .get("result")
                .get("adapter_sha256")
                .asString();
    }

    private boolean hasCheckpoint(String output) throws IOException {
        Path checkpoints = folder.resolve(output).resolve("checkpoints");
        if (!Files.isDirectory(checkpoints)) {
            return false;
        }
        try (Stream<Path> files = Files.list(checkpoints)) {
            return files.anyMatch(file -> file.toString().endsWith(".safetensors"));
        }
    }

    private void awaitCheckpoint(Process process, String output) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!hasCheckpoint(output) && System.nanoTime() < deadline) {
            assertThat(process.waitFor(10, TimeUnit.MILLISECONDS))
                    .as(log(output))
                    .isFalse();
        }
        assertThat(hasCheckpoint(output)).as("a checkpoint in time").isTrue();
    }

    @Test
    void aKilledTrainingAndAnInterruptedOneGoOnAndEndLikeOneThatWasLeftAlone() throws Exception {
        assertThat(end(start("whole"))).as(log("whole")).isZero();

        Process killed = start("out");
        awaitCheckpoint(killed, "out");
        killed.destroyForcibly();
        assertThat(end(killed)).isNotZero();

        Process interrupted = start("out", "--resume");
        awaitLine(interrupted, "out", "step ");
        interrupted.destroy();
        assertThat(end(interrupted)).as(log("out")).isEqualTo(143);
        assertThat(log("out")).containsPattern("Cancelled after step \\d+ of \\d+, which is kept");

        assertThat(end(start("out", "--resume"))).as(log("out")).isZero();
        assertThat(hash("out")).isEqualTo(hash("whole"));
    }

    private void awaitLine(Process process, String output, String words) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (log(output).lines().noneMatch(line -> line.startsWith(words)) && System.nanoTime() < deadline) {
            assertThat(process.waitFor(10, TimeUnit.MILLISECONDS))
                    .as(log(output))
                    .isFalse();
        }
    }
}

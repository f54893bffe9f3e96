package dev.caravan.server.finetuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./caravan train MODEL DATA} refuses, each in a sentence, and before anything is written. */
class TrainRefusalTest {
    private static final Path TINY = Path.of("../engine/src/test/resources/golden/tiny-models");

    @TempDir
    Path folder;

    private CommandRuns command = new CommandRuns(Path.of("."));

    @BeforeEach
    void copyAModel() throws IOException {
        command = new CommandRuns(folder);
        Files.copy(TINY.resolve("llama.gguf"), folder.resolve("llama.gguf"));
        write(
                "rows.jsonl",
                IntStream.range(0, 20)
                        .mapToObj(i -> "{\"prompt\": \"say %d\", \"completion\": \"hello\"}".formatted(i))
                        .collect(Collectors.joining("\n")));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private void refused(String reason, String... arguments) {
        assertThat(command.run(arguments)).as(reason).isEqualTo(1);
        assertThat(command.said()).contains(reason);
        assertThat(folder.resolve("home")).doesNotExist();
    }

    @Test
    void wordsThatMakeNoSense() {
        misused("Name the model and the file", "llama.gguf");
        misused("'x' is one word too many", "llama.gguf", "rows.jsonl", "x");
        misused(
                "There is no preset 'big'; presets are midm, qlora, small.",
                "llama.gguf",
                "rows.jsonl",
                "--preset",
                "big");
        misused("--load-in takes 4bit or 8bit, not '2bit'", "llama.gguf", "rows.jsonl", "--load-in", "2bit");
        misused("--learning-rate takes a number above 0 up to 1, not 'fast'", "m", "d", "--learning-rate", "fast");
        misused("--epochs takes a whole number from 1 to 10000, not '0'", "m", "d", "--epochs", "0");
        misused("--held-out takes a number from 0 to 0.9, not '1'", "m", "d", "--held-out", "1");
        misused("The option --resume stands there twice", "m", "d", "--resume", "--resume");
        misused("Give questions, each in quotes", "sample", "m");
    }

    private void misused(String reason, String... arguments) {
        assertThat(command.run(arguments)).as(reason).isEqualTo(2);
        assertThat(command.said()).contains(reason, "Usage: ./caravan train MODEL|PATH DATA");
    }

    @Test
    void modelsAndDataThatAreNotThere() throws IOException {
        refused("'none' is neither an installed model", "none", "rows.jsonl");
        refused("none.jsonl: there is no such file", "llama.gguf", "none.jsonl");
        write("broken.gguf", "GGUF");
        refused("broken.gguf", "broken.gguf", "rows.jsonl");
    }

    @Test
    void anInstalledModelWhoseManifestIsDamaged() throws IOException {
        Files.createDirectories(folder.resolve("home/models/mine"));
        write("home/models/mine/manifest.json", "{}");
        assertThat(command.run("mine", "rows.jsonl")).isEqualTo(1);
        assertThat(command.said()).contains("manifest.json is damaged").hasLineCount(1);
    }

    @Test
    void dataThatNothingCanBeLearnedFrom() throws IOException {
        write("empty.jsonl", "{\"prompt\": \"a\", \"completion\": \"\"}\n{\"prompt\": \"b\"}\n");
        refused("empty.jsonl: none of its 2 rows can be used", "llama.gguf", "empty.jsonl");
        assertThat(command.said()).contains("line 1: ", "line 2: completion is missing");
        write("long.jsonl", "{\"prompt\": \"a\", \"completion\": \"%s\"}".formatted("word ".repeat(60)));
        refused("long.jsonl: none of its 1 rows can be used", "llama.gguf", "long.jsonl", "--max-length", "16");
        assertThat(command.said()).contains("tokens, more than the 16 of an example");
        refused("--max-length 100000 is more than the", "llama.gguf", "rows.jsonl", "--max-length", "100000");
        refused("the longest example, which has", "llama.gguf", "rows.jsonl", "--batch-tokens", "16");
    }

    @Test
    void aHeldOutPartWithoutRowsOrThatTakesAll() throws IOException {
        write("few.jsonl", "{\"prompt\": \"a\", \"completion\": \"x\"}\n{\"prompt\": \"b\", \"completion\": \"y\"}\n");
        refused(
                "Of the 2 usable rows of few.jsonl a share of 0.01 holds none out; give a larger --held-out",
                "llama.gguf",
                "few.jsonl",
                "--held-out",
                "0.01");
        write("one.jsonl", "{\"prompt\": \"a\", \"completion\": \"x\"}\n");
        int refusals = 0;
        for (int seed = 0; seed < 8; seed++) {
            int status = command.run(
                    "llama.gguf",
                    "one.jsonl",
                    "--held-out",
                    "0.9",
                    "--seed",
                    "" + seed,
                    "--max-steps",
                    "1",
                    "--output",
                    "o" + seed);
            refusals += status == 1 && command.said().contains("none is left to train on") ? 1 : 0;
        }
        assertThat(refusals).isPositive();
    }

    @Test
    void memoryThatIsNotThere() {
        refused("needs", "llama.gguf", "rows.jsonl", "--memory", "0.0625");
        assertThat(command.said()).hasLineCount(1);
        refused("beside the weights and has", "llama.gguf", "rows.jsonl", "--memory", "0.25", "--r", "4096");
    }

    @Test
    void foldersThatAreTaken() throws IOException {
        refused("holds no training that was begun; leave --resume out", "llama.gguf", "rows.jsonl", "--resume");
        Files.createDirectory(folder.resolve("taken"));
        write("taken/notes.txt", "mine");
        refused("is there already and not empty", "llama.gguf", "rows.jsonl", "--output", "taken");
        refused("is there already and not empty", "llama.gguf", "rows.jsonl", "--output", "rows.jsonl");
        write("taken/adapter_model.safetensors", "");
        refused("holds a finished adapter", "llama.gguf", "rows.jsonl", "--output", "taken");
        write("taken/run.json", "{}");
        refused("begun and not finished; add --resume", "llama.gguf", "rows.jsonl", "--output", "taken");
        refused("run.json is damaged", "llama.gguf", "rows.jsonl", "--output", "taken", "--resume");
    }

    @Test
    void aDiskWithoutRoom() {
        OutputFolder output = new OutputFolder(folder.resolve("a/b/c"));
        output.requireRoom(OutputFolder.bytes(1000));
        assertThatThrownBy(() -> output.requireRoom(Long.MAX_VALUE))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("for the adapter and its checkpoints, the disk has");
    }

    @Test
    void questionsThatCannotBeRead() throws IOException {
        refused("cannot be read; check the path", "llama.gguf", "rows.jsonl", "--questions", "none.txt");
        write("empty.txt", "\n");
        refused("has 0 questions", "llama.gguf", "rows.jsonl", "--questions", "empty.txt");
        Files.write(folder.resolve("old.txt"), new byte[] {(byte) 0xB0, (byte) 0xA1});
        refused("are not UTF-8", "llama.gguf", "rows.jsonl", "--questions", "old.txt");
    }

    @Test
    void anAdapterOfAnotherBase() throws IOException {
        refused("there is no adapter_config.json in it", "sample", "llama.gguf", "--adapter", "nowhere", "hi");
    }
}

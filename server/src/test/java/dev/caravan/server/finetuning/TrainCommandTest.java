package dev.caravan.server.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The preview as a person calls it, with a tiny real model: what it prints and how it ends. */
class TrainCommandTest {
    private static final Path TINY = Path.of("../engine/src/test/resources/golden/tiny-models");

    @TempDir
    Path folder;

    private CommandRuns command = new CommandRuns(Path.of("."));

    @BeforeEach
    void copyAModel() throws IOException {
        command = new CommandRuns(folder);
        Files.copy(TINY.resolve("gemma3.gguf"), folder.resolve("gemma3.gguf"));
        Files.copy(TINY.resolve("llama.gguf"), folder.resolve("llama.gguf"));
    }

    private int run(boolean colours, String... arguments) {
        if (colours) {
            command.atTerminal(true, "");
        }
        return command.run(arguments);
    }

    private String printed() {
        return command.printed();
    }

    private String said() {
        return command.said();
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    @Test
    void learnedTextStandsInBracketsAndErrorsHaveTheirLines() throws IOException {
        write("rows.jsonl", """
                {"prompt": "hi", "completion": "hello \\u001b[31m"}
                {"prompt": "hi"}
                {"prompt": "hi", "completion": "hello \\u001b[31m"}
                {"prompt": "ho", "completion": "x"}
                """);
        assertThat(run(false, "preview", "rows.jsonl", "--model", "llama.gguf", "--rows", "1"))
                .isEqualTo(Preview.SOME_LEFT_OUT);
        assertThat(printed())
                .contains(
                        "rows.jsonl: format completion; of 4 rows 2 are used, 1 repeat an earlier one, 1 are left out")
                .contains("--- line 1: ")
                .containsPattern("\\[\\[ ?hello \uFFFD\\[31m<[^>]+>\\]\\]")
                .contains("left out:", "line 2: completion is missing; it should be a string")
                .doesNotContain("\u001B", "--- line 4");
        assertThat(said()).isEmpty();
    }

    @Test
    void onATerminalLearnedTextIsBright() throws IOException {
        write("rows.jsonl", "{\"prompt\": \"hi\", \"completion\": \"hello\"}");
        assertThat(run(true, "preview", "rows.jsonl", "--model", "llama.gguf")).isEqualTo(Preview.ALL_USABLE);
        assertThat(printed())
                .containsPattern("\u001B\\[1;32m ?hello")
                .contains("\u001B[2m")
                .doesNotContain("[[");
    }

    @Test
    void aTemplateThatAsksInAnotherWayThanItPrintsIsRefusedWithoutSteeringTheTerminal() throws IOException {
        // The tiny model's template opens every answer as "model" but prints the role's own name.
        write("rows.jsonl", "{\"prompt\": \"hi\", \"completion\": \"hello \\u001b[31m\"}");
        assertThat(run(true, "preview", "rows.jsonl", "--model", "gemma3.gguf")).isEqualTo(Preview.NOTHING_USABLE);
        assertThat(printed())
                .contains("asks for an answer with 'model' but prints this one with 'assistant\\nhello \uFFFD[31m")
                .doesNotContain("\u001B");
    }

    @Test
    void whatCannotBeDoneIsOneSentence() throws IOException {
        write("wrong.jsonl", "{\"text\": 1}\n{\"text\": 2}\n");
        assertThat(run(false, "preview", "wrong.jsonl", "--model", "gemma3.gguf"))
                .isEqualTo(1);
        assertThat(printed())
                .contains("wrong.jsonl: none of its 2 rows can be used")
                .contains("line 2: text should be a string, it is 2");
        assertThat(run(false, "preview", "none.jsonl", "--model", "gemma3.gguf"))
                .isEqualTo(1);
        assertThat(printed()).contains("none.jsonl: there is no such file");
        assertThat(run(false, "preview", "wrong.jsonl", "--model", "none.gguf")).isEqualTo(1);
        assertThat(said()).contains("'none.gguf' is neither an installed model");
        assertThat(run(false, "preview", "wrong.jsonl", "--model", "wrong.jsonl"))
                .isEqualTo(1);
        assertThat(said()).contains("wrong.jsonl");
        assertThat(run(false, "preview", "wrong.jsonl", "--model", "gemma3.gguf", "--max-length", "100000000"))
                .isEqualTo(1);
        assertThat(said()).contains("--max-length 100000000 is more than the");
    }

    @Test
    void wordsThatMakeNoSenseShowTheUsage() {
        requireMisused("./caravan train preview");
        requireMisused("Name the model and the file", "start");
        requireMisused("Name a file", "preview", "--model", "m");
        requireMisused("Name the model", "preview", "f");
        requireMisused("'g' is one word too many", "preview", "f", "g");
        requireMisused("--fast is not known", "preview", "f", "--fast");
        requireMisused("--rows needs a value", "preview", "f", "--rows");
        requireMisused("--rows takes a whole number from 0 to 1000, not '-1'", "preview", "f", "--rows", "-1");
        requireMisused("There is no format 'csv'; formats are chat, alpaca", "preview", "f", "--format", "csv");
    }

    private void requireMisused(String reason, String... arguments) {
        assertThat(run(false, arguments)).isEqualTo(2);
        assertThat(said()).contains(reason, "Usage:");
    }
}

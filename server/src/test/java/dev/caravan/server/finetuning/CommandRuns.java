package dev.caravan.server.finetuning;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Runs the command as a person calls it, without a process of its own. */
final class CommandRuns {
    private final Path folder;
    private final ByteArrayOutputStream result = new ByteArrayOutputStream();
    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();
    private BooleanSupplier isInterrupted = () -> false;
    private boolean isTerminal;
    private boolean colours;
    private String answer = "";

    /** @param folder where it is called; its home lies within */
    CommandRuns(Path folder) {
        this.folder = folder;
    }

    void interrupt(BooleanSupplier when) {
        isInterrupted = when;
    }

    /** From now on a person looks at it, and answers questions. */
    void atTerminal(boolean withColours, String withAnswer) {
        isTerminal = true;
        colours = withColours;
        answer = withAnswer;
    }

    int run(String... arguments) {
        result.reset();
        messages.reset();
        return new TrainCommand(new CommandContext(
                        folder.resolve("home"),
                        folder,
                        new PrintStream(result, true, StandardCharsets.UTF_8),
                        new PrintStream(messages, true, StandardCharsets.UTF_8),
                        isTerminal,
                        colours,
                        isInterrupted,
                        question -> answer))
                .run(List.of(arguments));
    }

    String printed() {
        return result.toString(StandardCharsets.UTF_8);
    }

    String said() {
        return messages.toString(StandardCharsets.UTF_8);
    }
}

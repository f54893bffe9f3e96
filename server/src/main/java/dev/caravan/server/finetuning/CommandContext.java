package dev.caravan.server.finetuning;

import dev.caravan.server.models.ModelPaths;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * Where a command runs and whom it talks to.
 *
 * @param home where Caravan keeps everything
 * @param callerDirectory where relative paths start
 * @param result what was asked for
 * @param messages errors
 * @param isTerminal whether a person looks at the result
 * @param colours whether it may be coloured
 * @param isInterrupted whether the person wants it to end
 * @param ask puts a question and gives the answer, empty if there is none
 */
record CommandContext(
        Path home,
        Path callerDirectory,
        PrintStream result,
        PrintStream messages,
        boolean isTerminal,
        boolean colours,
        BooleanSupplier isInterrupted,
        UnaryOperator<String> ask) {

    /** @throws CommandException if there is neither such a model nor such a file or folder, or the model is damaged */
    Path model(String name) {
        try {
            return ModelPaths.find(home, callerDirectory, name)
                    .orElseThrow(() -> new CommandException(
                            "'%s' is neither an installed model (./caravan models list) nor a file or folder."
                                    .formatted(name)));
        } catch (IllegalStateException damaged) {
            throw new CommandException(String.valueOf(damaged.getMessage()));
        }
    }

    Path path(String name) {
        return callerDirectory.resolve(name).normalize();
    }
}

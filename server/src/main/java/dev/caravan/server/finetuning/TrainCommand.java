package dev.caravan.server.finetuning;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.OutOfMemoryBudgetException;
import dev.caravan.engine.train.TrainingFailedException;
import dev.caravan.engine.train.dataset.DatasetException;
import java.io.Console;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code ./caravan train}: trains an adapter, asks it, or shows what would be learned. No Spring: it answers at once. */
public final class TrainCommand {
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private static final String USAGE = """
            Usage: ./caravan train MODEL|PATH DATA [--preset midm|qlora|small] [--output DIR] [--resume] [--yes]
                          [--epochs N] [--max-steps N] [--learning-rate X] [--r N] [--alpha X] [--dropout X]
                          [--max-length T] [--batch-tokens T] [--accumulation N] [--seed N]
                          [--held-out SHARE] [--patience N] [--questions FILE] [--date-string DATE]
                          [--memory GIB] [--threads N] [--load-in 4bit|8bit] [--format FORMAT]
                   ./caravan train sample MODEL|PATH [--adapter DIR] [--load-in 4bit|8bit] [--max-tokens N]
                          "question"... | --questions FILE
                   ./caravan train preview FILE --model MODEL|PATH [--format chat|alpaca|sharegpt|completion|text]
                          [--rows N] [--max-length T]""";

    private final CommandContext context;

    TrainCommand(CommandContext context) {
        this.context = context;
    }

    /**
     * Ends with status 1 and one sentence when something cannot be done, 2 when the command makes no sense, 130 when it was
     * cancelled.
     */
    public static void main(String[] arguments) {
        Map<String, String> environment = System.getenv();
        String home = environment.getOrDefault("CARAVAN_HOME", "");
        Path directory = home.isBlank() ? Path.of(System.getProperty("user.home"), ".caravan") : Path.of(home);
        boolean isTerminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        int status;
        try (Interruption interruption = Interruption.listening()) {
            status = new TrainCommand(new CommandContext(
                            directory.toAbsolutePath().normalize(),
                            Path.of(environment.getOrDefault("CARAVAN_CALLER_DIRECTORY", ""))
                                    .toAbsolutePath(),
                            System.out,
                            System.err,
                            isTerminal,
                            isTerminal
                                    && environment.getOrDefault("NO_COLOR", "").isEmpty(),
                            interruption::isRequested,
                            TrainCommand::ask))
                    .run(List.of(arguments));
        }
        System.exit(status);
    }

    private static String ask(String question) {
        // The line is null at the end of the input.
        return Optional.ofNullable(System.console())
                .map(console -> console.readLine("%s", question))
                .orElse("");
    }

    int run(List<String> arguments) {
        if (arguments.isEmpty()) {
            context.messages().println(USAGE);
            return MISUSED;
        }
        List<String> rest = arguments.subList(1, arguments.size());
        Supplier<Integer> command;
        try {
            command = switch (arguments.getFirst()) {
                case "preview" -> preview(PreviewOptions.parse(rest));
                case "sample" -> {
                    SampleOptions options = SampleOptions.parse(rest);
                    yield () -> new Sample(context, options).run();
                }
                default -> {
                    TrainOptions options = TrainOptions.parse(arguments);
                    yield () -> new TrainRun(context, options).run();
                }
            };
        } catch (CommandException misused) {
            context.messages().println(misused.getMessage());
            context.messages().println(USAGE);
            return MISUSED;
        }
        return run(command);
    }

    private int run(Supplier<Integer> command) {
        try {
            return command.get();
        } catch (DatasetException unusable) {
            context.messages().println(ExampleText.printable(String.valueOf(unusable.getMessage())));
            unusable.problems()
                    .forEach(problem -> context.messages().println("  " + ExampleText.printable(problem.toString())));
        } catch (UncheckedIOException failure) {
            context.messages().println(reason(failure));
        } catch (CommandException
                | ModelFormatException
                | OutOfMemoryBudgetException
                | TrainingFailedException failure) {
            context.messages().println(failure.getMessage());
        }
        return FAILED;
    }

    /** The system's own reason, such as a full disk, stands in the cause. */
    private static String reason(UncheckedIOException failure) {
        Throwable thrown = failure.getCause();
        String cause = thrown == null ? "" : String.valueOf(thrown.getMessage());
        String message = String.valueOf(failure.getMessage());
        return message.contains(cause) ? message : message + ": " + cause;
    }

    private Supplier<Integer> preview(PreviewOptions options) {
        return () -> new Preview(context.result(), context.colours())
                .run(context.path(options.file()), context.model(options.model()), options);
    }
}

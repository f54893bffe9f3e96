package dev.caravan.server.finetuning;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.server.models.ModelPaths;
import java.io.Console;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code ./caravan train preview}. No Spring, so that it answers at once. */
public final class TrainCommand {
    private static final int MISUSED = 2;

    private static final String USAGE = """
            Usage: ./caravan train preview FILE --model MODEL|PATH [--format chat|alpaca|sharegpt|completion|text]
                          [--rows N] [--max-length T]""";

    private final Path home;
    private final Path callerDirectory;
    private final PrintStream result;
    private final PrintStream out;
    private final boolean colours;

    /**
     * @param callerDirectory where relative paths start
     * @param result what was asked for
     * @param out errors
     * @param colours whether the result goes to a terminal
     */
    TrainCommand(Path home, Path callerDirectory, PrintStream result, PrintStream out, boolean colours) {
        this.home = home;
        this.callerDirectory = callerDirectory;
        this.result = result;
        this.out = out;
        this.colours = colours;
    }

    /** Ends with status 1 and one sentence when something cannot be done, 2 when the command makes no sense. */
    public static void main(String[] arguments) {
        Map<String, String> environment = System.getenv();
        String home = environment.getOrDefault("CARAVAN_HOME", "");
        Path directory = home.isBlank() ? Path.of(System.getProperty("user.home"), ".caravan") : Path.of(home);
        boolean isTerminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        TrainCommand command = new TrainCommand(
                directory.toAbsolutePath().normalize(),
                Path.of(environment.getOrDefault("CARAVAN_CALLER_DIRECTORY", ""))
                        .toAbsolutePath(),
                System.out,
                System.err,
                isTerminal && environment.getOrDefault("NO_COLOR", "").isEmpty());
        System.exit(command.run(List.of(arguments)));
    }

    int run(List<String> arguments) {
        if (arguments.isEmpty() || !arguments.getFirst().equals("preview")) {
            out.println(
                    arguments.isEmpty() ? USAGE : "Unknown command '%s'.%n%s".formatted(arguments.getFirst(), USAGE));
            return MISUSED;
        }
        PreviewOptions options;
        try {
            options = PreviewOptions.parse(arguments.subList(1, arguments.size()));
        } catch (CommandException misused) {
            out.println(misused.getMessage());
            out.println(USAGE);
            return MISUSED;
        }
        try {
            return preview(options);
        } catch (CommandException | ModelFormatException | UncheckedIOException failure) {
            out.println(failure.getMessage());
            return Preview.NOTHING_USABLE;
        }
    }

    private int preview(PreviewOptions options) {
        Path model = ModelPaths.find(home, callerDirectory, options.model())
                .orElseThrow(() -> new CommandException(
                        "'%s' is neither an installed model (./caravan models list) nor a file or folder."
                                .formatted(options.model())));
        Path file = callerDirectory.resolve(options.file()).normalize();
        return new Preview(result, colours).run(file, model, options);
    }
}

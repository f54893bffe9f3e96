package dev.caravan.server.models;

import dev.caravan.server.config.CaravanProperties;
import dev.caravan.server.models.catalogue.Catalogue;
import dev.caravan.server.models.catalogue.CatalogueModel;
import dev.caravan.server.models.catalogue.CatalogueModel.Purpose;
import dev.caravan.server.models.catalogue.MemoryBudget;
import dev.caravan.server.models.catalogue.ModelChoice;
import dev.caravan.server.models.catalogue.ModelChooser;
import dev.caravan.server.models.catalogue.ModelException;
import dev.caravan.server.models.catalogue.ModelPuller;
import dev.caravan.server.models.catalogue.ModelStore;
import dev.caravan.server.models.catalogue.ModelStore.InstalledModel;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code ./caravan models list | pull | rm | check | convert | merge | convert-adapter}, and {@code choose}, which {@code ./caravan run} calls to get a chat
 * model and an embedding model before the server starts. No Spring, so that it answers at once.
 */
public final class ModelsCommand {

    private static final String NO_MODEL = CaravanProperties.NO_MODEL;

    private static final String USAGE = """
            Usage: ./caravan models list
                   ./caravan models pull MODEL... [--accept-licence]
                   ./caravan models rm MODEL...
                   ./caravan models check [MODEL|PATH]... [--load-in-4bit | --load-in-8bit]
                          [--bnb-4bit-quant-type nf4|fp4] [--bnb-4bit-use-double-quant]
                   ./caravan models convert SOURCE TARGET.gguf [--type q4_k|q5_k|q6_k|q8_0|q4_0|q5_0|f16|bf16|f32] [--force]
                   ./caravan models convert SOURCE FOLDER [--type bf16|f16|f32|nf4|fp4|int8]
                          [--bnb-4bit-use-double-quant] [--force]
                   ./caravan models merge BASE ADAPTER TARGET [--type TYPE] [--requantize] [--force]
                   ./caravan models convert-adapter BASE ADAPTER TARGET [--force]""";

    private final Path home;
    private final Map<String, String> environment;
    private final PrintStream result;
    private final PrintStream out;
    private final boolean interactive;

    /**
     * @param result what was asked for
     * @param out questions, progress and errors
     */
    ModelsCommand(
            Path home, Map<String, String> environment, PrintStream result, PrintStream out, boolean interactive) {
        this.home = home;
        this.environment = environment;
        this.result = result;
        this.out = out;
        this.interactive = interactive;
    }

    /** Ends with status 1 and one sentence when something cannot be done, 2 when the command makes no sense. */
    public static void main(String[] arguments) {
        Map<String, String> environment = System.getenv();
        String home = environment.getOrDefault("CARAVAN_HOME", "");
        Path directory = home.isBlank() ? Path.of(System.getProperty("user.home"), ".caravan") : Path.of(home);
        ModelsCommand command = new ModelsCommand(
                directory.toAbsolutePath().normalize(),
                environment,
                System.out,
                System.err,
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false));
        int status;
        try {
            status = command.run(List.of(arguments));
        } catch (ModelException e) {
            System.err.println(e.getMessage());
            status = 1;
        }
        System.exit(status);
    }

    int run(List<String> arguments) {
        // These have options of their own.
        if (!arguments.isEmpty() && arguments.getFirst().equals("check")) {
            return new CheckCommand(new ModelStore(home), callerDirectory(), result)
                    .run(arguments.subList(1, arguments.size()));
        }
        if (!arguments.isEmpty() && arguments.getFirst().equals("convert")) {
            return new ConvertCommand(callerDirectory(), result, new ConsoleProgress(out, interactive))
                    .run(arguments.subList(1, arguments.size()));
        }
        if (!arguments.isEmpty() && arguments.getFirst().equals("merge")) {
            return adapterCommand().merge(arguments.subList(1, arguments.size()));
        }
        if (!arguments.isEmpty() && arguments.getFirst().equals("convert-adapter")) {
            return adapterCommand().convert(arguments.subList(1, arguments.size()));
        }
        List<String> words = new ArrayList<>(arguments);
        boolean accepted = words.removeAll(List.of("--accept-licence", "--accept-license"));
        Optional<String> unknown =
                words.stream().filter(word -> word.startsWith("--")).findFirst();
        if (words.isEmpty() || unknown.isPresent()) {
            unknown.ifPresent(option -> out.println("Unknown option " + option + "."));
            out.println(USAGE);
            return 2;
        }
        List<String> names = words.subList(1, words.size());
        return switch (words.getFirst()) {
            case "list" -> list();
            case "pull" -> pull(names, accepted);
            case "rm" -> remove(names);
            case "choose" -> choose(names, accepted);
            case String other -> {
                out.println("Unknown command '" + other + "'.");
                out.println(USAGE);
                yield 2;
            }
        };
    }

    private AdapterCommand adapterCommand() {
        return new AdapterCommand(
                new ModelStore(home), callerDirectory(), result, new ConsoleProgress(out, interactive));
    }

    private int list() {
        Catalogue catalogue = Catalogue.load(home);
        ModelStore store = new ModelStore(home);
        long memory = MemoryBudget.availableBytes();
        result.printf(Locale.ROOT, "%-26s %-10s %-14s %-10s %s%n", "MODEL", "FOR", "STATE", "MEMORY", "NAME, LICENCE");
        for (CatalogueModel model : catalogue.models()) {
            String state = store.find(model.id()).isPresent()
                    ? "installed"
                    : model.memoryBytes() <= memory ? "can be pulled" : "too large now";
            result.printf(
                    Locale.ROOT,
                    "%-26s %-10s %-14s %-10s %s, %s%n",
                    model.id(),
                    model.purpose().name().toLowerCase(Locale.ROOT),
                    state,
                    gigabytes(model.memoryBytes()),
                    model.name(),
                    model.licence().name());
        }
        result.println("A model may take " + gigabytes(memory) + " of memory now. More models: "
                + home.resolve(Catalogue.USER_FILE));
        return 0;
    }

    private int pull(List<String> names, boolean accepted) {
        requireNames(names);
        Catalogue catalogue = Catalogue.load(home);
        ModelPuller puller = ModelPuller.create(home, environment);
        for (String name : names) {
            CatalogueModel model = catalogue.get(name);
            askForLicence(model, puller, accepted);
            InstalledModel pulled = puller.pull(model, new ConsoleProgress(out, interactive));
            out.println(model.id() + ": " + pulled.file() + " (" + gigabytes(pulled.bytes()) + ", from "
                    + pulled.source() + ", SHA-256 checked)");
        }
        return 0;
    }

    private int remove(List<String> names) {
        requireNames(names);
        ModelStore store = new ModelStore(home);
        for (String name : names) {
            try {
                out.println(name + ": removed, " + gigabytes(store.remove(name)) + " freed");
            } catch (IllegalArgumentException e) {
                throw new ModelException("'" + name + "' is not a model's id: see ./caravan models list.", e);
            }
        }
        return 0;
    }

    private Path callerDirectory() {
        return Path.of(environment.getOrDefault("CARAVAN_CALLER_DIRECTORY", "")).toAbsolutePath();
    }

    /**
     * Writes the chosen chat model's id or path to a file, so that the terminal stays free for questions; {@value
     * #NO_MODEL} when the server is to start without one.
     */
    private int choose(List<String> names, boolean accepted) {
        if (names.isEmpty()) {
            throw new ModelException("choose takes the file that the choice is written to.");
        }
        Path choiceFile = Path.of(names.getFirst());
        Catalogue catalogue = Catalogue.load(home);
        ModelStore store = new ModelStore(home);
        ModelPuller puller = ModelPuller.create(home, environment);
        ConsoleProgress progress = new ConsoleProgress(out, interactive);
        ModelChooser chooser = new ModelChooser(catalogue, store, MemoryBudget.availableBytes());
        String requested = names.size() < 2 ? "" : names.get(1);
        offerLicences(catalogue, chooser, puller, requested, accepted);
        try {
            out.println("Documents: "
                    + chooser.chooseOrPull(Purpose.EMBEDDING, "", puller, progress)
                            .reason());
        } catch (ModelException e) {
            out.println("Documents cannot be searched yet: " + e.getMessage());
        }
        if (requested.equals(NO_MODEL)) {
            write(choiceFile, NO_MODEL);
            return 0;
        }
        try {
            ModelChoice chat = chooser.chooseOrPull(Purpose.CHAT, requested, puller, progress);
            out.println("Chat: " + chat.reason());
            // A file of the user's may have a name that the catalogue has as well.
            boolean isOfCatalogue = store.list().stream()
                    .anyMatch(model ->
                            model.id().equals(chat.id()) && model.file().equals(chat.file()));
            write(choiceFile, isOfCatalogue ? chat.id() : chat.file().toString());
            return 0;
        } catch (ModelException e) {
            if (!requested.isEmpty()) {
                throw e;
            }
            out.println("Caravan starts without a chat model: " + e.getMessage());
            write(choiceFile, NO_MODEL);
            return 0;
        }
    }

    private static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new ModelException("The file " + file + " cannot be written: " + e.getMessage() + ".", e);
        }
    }

    /** Asks before the choice for the licences of what the choice may download, so that nobody is asked in vain. */
    private void offerLicences(
            Catalogue catalogue, ModelChooser chooser, ModelPuller puller, String requested, boolean accepted) {
        if (requested.isEmpty() && chooser.chooseInstalled(Purpose.CHAT, "").isPresent()) {
            return;
        }
        ModelStore store = new ModelStore(home);
        for (CatalogueModel model : catalogue.models()) {
            boolean candidate = requested.isEmpty()
                    ? model.purpose() == Purpose.CHAT && model.pulledUnasked()
                    : model.id().equals(requested);
            if (candidate && store.find(model.id()).isEmpty()) {
                acceptIfAgreed(model, puller, accepted);
            }
        }
    }

    private void askForLicence(CatalogueModel model, ModelPuller puller, boolean accepted) {
        if (!acceptIfAgreed(model, puller, accepted)) {
            throw new ModelException("The licence of " + model.id() + " was not accepted, so nothing was downloaded."
                    + " Repeat the command with --accept-licence once you agree.");
        }
    }

    /** Shows a licence that must be accepted; true when there is none or the person agrees. */
    private boolean acceptIfAgreed(CatalogueModel model, ModelPuller puller, boolean accepted) {
        if (puller.isLicenceAccepted(model)) {
            return true;
        }
        out.println(model.name() + " comes under the " + model.licence().name() + ": "
                + model.licence().url());
        out.println(model.licence().summary());
        boolean agreed = accepted || (interactive && asked("Do you accept them? [y/N] "));
        if (agreed) {
            puller.acceptLicence(model);
        }
        return agreed;
    }

    private static boolean asked(String question) {
        return Optional.ofNullable(System.console())
                .map(console -> console.readLine("%s", question))
                .map(answer -> answer.strip().toLowerCase(Locale.ROOT).startsWith("y"))
                .orElse(false);
    }

    private static void requireNames(List<String> names) {
        if (names.isEmpty()) {
            throw new ModelException("Name at least one model; ./caravan models list shows them.");
        }
    }

    private static String gigabytes(long bytes) {
        return bytes < 1_000_000_000L
                ? Math.round(bytes / 1e6) + " MB"
                : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}

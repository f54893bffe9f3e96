package dev.caravan.server.models;

import dev.caravan.engine.convert.AdapterConversion;
import dev.caravan.engine.convert.LoraMerge;
import dev.caravan.engine.convert.MergeOptions;
import dev.caravan.engine.convert.TargetType;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.server.models.catalogue.ModelException;
import dev.caravan.server.models.catalogue.ModelStore;
import dev.caravan.server.models.catalogue.ModelStore.InstalledModel;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * {@code ./caravan models merge} writes a base with an adapter merged into it; {@code convert-adapter} goes between PEFT's
 * folders and llama.cpp's GGUF adapters.
 */
final class AdapterCommand {

    private static final String TYPE = "--type";
    private static final String FORCE = "--force";
    private static final String REQUANTIZE = "--requantize";

    private final ModelStore store;
    private final Path callerDirectory;
    private final PrintStream out;
    private final ConsoleProgress progress;

    /** @param callerDirectory where relative paths start */
    AdapterCommand(ModelStore store, Path callerDirectory, PrintStream out, ConsoleProgress progress) {
        this.store = store;
        this.callerDirectory = callerDirectory;
        this.out = out;
        this.progress = progress;
    }

    /** Merges; the exit status. */
    int merge(List<String> arguments) {
        CommandOptions options = CommandOptions.parse(arguments, Set.of(FORCE, REQUANTIZE), Set.of(TYPE));
        requireThree(
                options,
                "merge takes a base, an adapter and a target: ./caravan models merge BASE ADAPTER TARGET"
                        + " [--type TYPE] [--requantize] [--force].");
        Path target = path(options.words().get(2));
        new ConversionRun(out, progress)
                .run(
                        () -> LoraMerge.open(
                                base(options.words().get(0)),
                                path(options.words().get(1)),
                                target,
                                mergeOptions(options)),
                        target,
                        options.words().get(2));
        return 0;
    }

    private static MergeOptions mergeOptions(CommandOptions options) {
        MergeOptions merge = MergeOptions.DEFAULT;
        Optional<TargetType> type = options.value(TYPE).map(TargetType::named);
        merge = type.isPresent() ? merge.withType(type.get()) : merge;
        merge = options.has(REQUANTIZE) ? merge.withRequantize() : merge;
        return options.has(FORCE) ? merge.withReplace() : merge;
    }

    /** Converts an adapter; the exit status. */
    int convert(List<String> arguments) {
        CommandOptions options = CommandOptions.parse(arguments, Set.of(FORCE), Set.of());
        requireThree(
                options,
                "convert-adapter takes a base, an adapter and a target: ./caravan models convert-adapter"
                        + " BASE ADAPTER TARGET [--force]. A target that ends in .gguf becomes an adapter for llama.cpp, another"
                        + " one a folder for PEFT.");
        Path target = path(options.words().get(2));
        ConversionRun.refusing("Not converted", () -> {
            LoraAdapter adapter = AdapterConversion.run(
                    base(options.words().get(0)), path(options.words().get(1)), target, options.has(FORCE));
            out.printf(
                    Locale.ROOT,
                    "%s is written and loads: rank %d, %d matrices, %.1f million parameters.%n",
                    target,
                    adapter.config().r(),
                    adapter.modules().size(),
                    adapter.parameters() / 1e6);
        });
        return 0;
    }

    private static void requireThree(CommandOptions options, String usage) {
        if (options.words().size() != 3) {
            throw new ModelException(usage);
        }
    }

    private Path path(String word) {
        return callerDirectory.resolve(word).normalize();
    }

    /** An installed model by its id, else a path. */
    private Path base(String word) {
        Optional<InstalledModel> installed;
        try {
            installed = store.find(word);
        } catch (IllegalArgumentException notAnId) {
            installed = Optional.empty();
        }
        return installed.map(InstalledModel::file).orElseGet(() -> path(word));
    }
}

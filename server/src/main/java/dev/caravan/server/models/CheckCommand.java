package dev.caravan.server.models;

import dev.caravan.engine.check.CheckOptions;
import dev.caravan.engine.check.Finding;
import dev.caravan.engine.check.ModelCheck;
import dev.caravan.server.models.catalogue.ModelException;
import dev.caravan.server.models.catalogue.ModelStore;
import dev.caravan.server.models.catalogue.ModelStore.InstalledModel;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** {@code ./caravan models check}: the bytes of installed models, and the evidence about any model's files. */
final class CheckCommand {

    private final ModelStore store;
    private final Path callerDirectory;
    private final PrintStream out;

    /** @param callerDirectory where relative paths start */
    CheckCommand(ModelStore store, Path callerDirectory, PrintStream out) {
        this.store = store;
        this.callerDirectory = callerDirectory;
        this.out = out;
    }

    /** The exit status: 0 when every model can be used, else 1. */
    int run(List<String> arguments) {
        CommandOptions options = CommandOptions.parse(arguments, Set.of(), Set.of());
        CheckOptions checkOptions = CheckOptions.defaults().withQuantization(options.quantization());
        List<String> names = options.words().isEmpty()
                ? store.list().stream().map(InstalledModel::id).toList()
                : options.words();
        List<String> unusable = new ArrayList<>();
        for (String name : names) {
            if (!check(name, checkOptions)) {
                unusable.add(name);
            }
        }
        unusable.forEach(name -> out.println(name + " cannot be used: see the problems above."));
        return unusable.isEmpty() ? 0 : 1;
    }

    private boolean check(String name, CheckOptions options) {
        Path path = callerDirectory.resolve(name).normalize();
        Optional<InstalledModel> installed = installed(name);
        if (installed.isEmpty() && !Files.exists(path)) {
            throw new ModelException(
                    "'" + name + "' is neither an installed model (./caravan models list) nor a file" + " or folder.");
        }
        if (installed.isPresent()) {
            store.verify(name);
            path = installed.get().file();
        }
        out.println(name + (installed.isPresent() ? " (" + path + ")" : ""));
        if (installed.isPresent()) {
            print(new Finding(Finding.Level.OK, "pulled", "every byte as pulled", List.of()));
        }
        try {
            return ModelCheck.run(path, options, this::print);
        } catch (UncheckedIOException e) {
            throw new ModelException(path + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private Optional<InstalledModel> installed(String name) {
        try {
            return store.find(name);
        } catch (IllegalArgumentException notAnId) {
            return Optional.empty();
        }
    }

    private void print(Finding finding) {
        String level = finding.level().name().toLowerCase(Locale.ROOT);
        out.printf(Locale.ROOT, "  %-8s %-14s %s%n", level, finding.subject(), finding.text());
        finding.details().forEach(line -> out.println(" ".repeat(26) + line));
        out.flush();
    }
}

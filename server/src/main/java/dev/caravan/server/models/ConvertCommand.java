package dev.caravan.server.models;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.convert.ConversionOptions;
import dev.caravan.engine.convert.ModelConversion;
import dev.caravan.engine.convert.TargetType;
import dev.caravan.engine.convert.TensorPlan;
import dev.caravan.server.models.catalogue.ModelException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code ./caravan models convert}: from one format to another, with a plan of the tensors and a progress bar. */
final class ConvertCommand {

    private static final String TYPE = "--type";
    private static final String FORCE = "--force";
    private static final String DOUBLE = "--bnb-4bit-use-double-quant";

    private final Path callerDirectory;
    private final PrintStream out;
    private final ConsoleProgress progress;

    /** @param callerDirectory where relative paths start */
    ConvertCommand(Path callerDirectory, PrintStream out, ConsoleProgress progress) {
        this.callerDirectory = callerDirectory;
        this.out = out;
        this.progress = progress;
    }

    /** The exit status. */
    int run(List<String> arguments) {
        CommandOptions options = CommandOptions.parse(arguments, Set.of(FORCE), Set.of(TYPE));
        if (options.words().size() != 2) {
            throw new ModelException("convert takes a source and a target: ./caravan models convert SOURCE TARGET"
                    + " [--type TYPE]. A target that ends in .gguf becomes GGUF, another one a folder of safetensors.");
        }
        Path source = path(options.words().get(0));
        Path target = path(options.words().get(1));
        try (ModelConversion conversion = ModelConversion.open(source, target, conversionOptions(options, target))) {
            explain(conversion);
            long start = System.nanoTime();
            String name = String.valueOf(target.getFileName());
            conversion.run((done, total) -> progress.computed(name, done, total));
            out.printf(
                    Locale.ROOT,
                    "%s is written and loads (%s of weights, %.0f s). ./caravan models check %s shows what it holds.%n",
                    target,
                    megabytes(conversion.bytes()),
                    (System.nanoTime() - start) / 1e9,
                    options.words().get(1));
            return 0;
        } catch (ModelFormatException | IllegalArgumentException e) {
            throw new ModelException("Not converted: " + e.getMessage() + ".", e);
        } catch (UncheckedIOException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ModelException("Not converted: " + e.getMessage() + " (" + cause.getMessage() + ").", e);
        }
    }

    private Path path(String word) {
        return callerDirectory.resolve(word).normalize();
    }

    private static ConversionOptions conversionOptions(CommandOptions options, Path target) {
        boolean isGguf = target.toString().endsWith(".gguf");
        TargetType type = TargetType.named(options.value(TYPE).orElse(isGguf ? "q4_k" : "bf16"));
        ConversionOptions conversion = ConversionOptions.of(type);
        conversion = options.has(DOUBLE) ? conversion.withDoubleQuantization() : conversion;
        return options.has(FORCE) ? conversion.withReplace() : conversion;
    }

    /** Every kind of tensor with its type before and after. */
    private void explain(ModelConversion conversion) {
        conversion.notes().forEach(note -> out.println("Note: " + note + "."));
        Map<String, Integer> kinds = new LinkedHashMap<>();
        for (TensorPlan plan : conversion.tensors()) {
            String kind = String.format(
                    Locale.ROOT,
                    "%-48s %5s -> %-5s %s",
                    withoutNumber(plan.name()),
                    plan.source().dtype(),
                    plan.dtype(),
                    Arrays.toString(plan.shape()));
            kinds.merge(kind, 1, Integer::sum);
        }
        kinds.forEach((kind, count) -> out.println("  " + kind + " x " + count));
    }

    private static String withoutNumber(String name) {
        return Arrays.stream(name.split("\\.", -1))
                .map(part -> !part.isEmpty() && part.chars().allMatch(Character::isDigit) ? "*" : part)
                .collect(Collectors.joining("."));
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}

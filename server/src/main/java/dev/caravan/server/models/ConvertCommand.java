package dev.caravan.server.models;

import dev.caravan.engine.convert.ConversionOptions;
import dev.caravan.engine.convert.ModelConversion;
import dev.caravan.engine.convert.TargetType;
import dev.caravan.server.models.catalogue.ModelException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

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
        new ConversionRun(out, progress)
                .run(
                        () -> ModelConversion.open(source, target, conversionOptions(options, target)),
                        target,
                        options.words().get(1));
        return 0;
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
}

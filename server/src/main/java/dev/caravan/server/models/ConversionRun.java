package dev.caravan.server.models;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.convert.ModelConversion;
import dev.caravan.engine.convert.TensorPlan;
import dev.caravan.server.models.catalogue.ModelException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Runs a conversion that a person asked for: notes, a plan of the tensors, a progress bar, one sentence at the end. */
final class ConversionRun {

    private final PrintStream out;
    private final ConsoleProgress progress;

    ConversionRun(PrintStream out, ConsoleProgress progress) {
        this.out = out;
        this.progress = progress;
    }

    /**
     * @param target what is written
     * @param word the target as the person called it
     */
    void run(Supplier<ModelConversion> planned, Path target, String word) {
        refusing("Not converted", () -> {
            try (ModelConversion conversion = planned.get()) {
                explain(conversion);
                long start = System.nanoTime();
                String name = String.valueOf(target.getFileName());
                conversion.run((done, total) -> progress.computed(name, done, total));
                out.printf(
                        Locale.ROOT,
                        "%s is written and loads (%.1f MB of weights, %.0f s). ./caravan models check %s shows what it holds.%n",
                        target,
                        conversion.bytes() / 1e6,
                        (System.nanoTime() - start) / 1e9,
                        word);
            }
        });
    }

    /** Does something and says in a sentence why it could not be done. */
    static void refusing(String failed, Runnable work) {
        try {
            work.run();
        } catch (ModelFormatException | IllegalArgumentException e) {
            throw new ModelException(failed + ": " + e.getMessage() + ".", e);
        } catch (UncheckedIOException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ModelException(failed + ": " + e.getMessage() + " (" + cause.getMessage() + ").", e);
        }
    }

    /** Every kind of tensor with its type before and after. */
    private void explain(ModelConversion conversion) {
        conversion.notes().forEach(note -> out.println("Note: " + note + "."));
        Map<String, Integer> kinds = new LinkedHashMap<>();
        for (TensorPlan plan : conversion.tensors()) {
            String kind = String.format(
                    Locale.ROOT,
                    "%-48s %5s -> %-5s %s%s",
                    withoutNumber(plan.name()),
                    plan.source().dtype(),
                    plan.dtype(),
                    Arrays.toString(plan.shape()),
                    plan.adapter() == null ? "" : " + adapter");
            kinds.merge(kind, 1, Integer::sum);
        }
        kinds.forEach((kind, count) -> out.println("  " + kind + " x " + count));
    }

    private static String withoutNumber(String name) {
        return Arrays.stream(name.split("\\.", -1))
                .map(part -> !part.isEmpty() && part.chars().allMatch(Character::isDigit) ? "*" : part)
                .collect(Collectors.joining("."));
    }
}

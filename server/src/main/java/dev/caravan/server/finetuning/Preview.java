package dev.caravan.server.finetuning;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.PromptEncoder;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.train.dataset.Dataset;
import dev.caravan.engine.train.dataset.DatasetExamples;
import dev.caravan.engine.train.dataset.DatasetException;
import dev.caravan.engine.train.dataset.DatasetOptions;
import dev.caravan.engine.train.dataset.DatasetReport;
import dev.caravan.engine.train.dataset.ExampleEncoder;
import dev.caravan.engine.train.dataset.RowProblem;
import dev.caravan.engine.train.dataset.TrainingExample;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** {@code ./caravan train preview}: what a model would learn of a file, and what is wrong with its rows. */
final class Preview {
    /** Every row can be used. */
    static final int ALL_USABLE = 0;

    /** No row can be used, or the file or the model cannot be read. */
    static final int NOTHING_USABLE = 1;

    /** Some rows are left out. */
    static final int SOME_LEFT_OUT = 3;

    private static final int LONGEST_SHOWN = 5;

    private final PrintStream out;
    private final boolean colours;

    Preview(PrintStream out, boolean colours) {
        this.out = out;
        this.colours = colours;
    }

    /**
     * Prints the preview.
     *
     * @return the exit status
     * @throws dev.caravan.engine.ModelFormatException if the model cannot be read
     */
    int run(Path file, Path model, PreviewOptions options) {
        try (Checkpoint checkpoint = Checkpoints.open(model)) {
            ExampleEncoder encoder = encoder(checkpoint, options);
            Dataset dataset;
            try {
                dataset = Dataset.open(
                        file, DatasetOptions.DEFAULT.withFormat(options.format().orElse(null)), encoder);
            } catch (DatasetException unusable) {
                out.println(ExampleText.printable(String.valueOf(unusable.getMessage())));
                printProblems(unusable.problems(), unusable.problems().size());
                return NOTHING_USABLE;
            }
            printCounts(file, dataset, encoder);
            printExamples(dataset.training(), encoder, options.rows());
            DatasetReport report = dataset.report();
            printProblems(report.problems(), report.invalidRows());
            return report.invalidRows() == 0 ? ALL_USABLE : SOME_LEFT_OUT;
        }
    }

    private ExampleEncoder encoder(Checkpoint checkpoint, PreviewOptions options) {
        int context = checkpoint.config().integer("max_position_embeddings", Integer.MAX_VALUE);
        int maxLength = options.maxLength().orElse(Math.min(PreviewOptions.DEFAULT_MAX_LENGTH, context));
        if (maxLength > context) {
            throw new CommandException("--max-length %d is more than the %d tokens that the model reads; give less."
                    .formatted(maxLength, context));
        }
        PromptEncoder prompts = new PromptEncoder(
                Checkpoints.tokenizer(checkpoint),
                Checkpoints.chatTemplate(checkpoint).orElseGet(PlainTemplate::new));
        return new ExampleEncoder(prompts, TemplateOptions.DEFAULT, maxLength);
    }

    private void printCounts(Path file, Dataset dataset, ExampleEncoder encoder) {
        DatasetReport report = dataset.report();
        out.printf(
                Locale.ROOT,
                "%s: format %s; of %,d rows %,d are used, %,d repeat an earlier one, %,d are left out%n",
                file.getFileName(),
                report.format().title(),
                report.rows(),
                report.usableRows(),
                report.duplicateRows(),
                report.invalidRows());
        out.printf(
                Locale.ROOT,
                "examples: %,d of at most %,d tokens, by %s%n",
                report.examples(),
                encoder.maxTokens(),
                encoder.prompts().template() instanceof PlainTemplate
                        ? "a plain transcript (the model has no chat template)"
                        : "the model's chat template");
        out.printf(
                Locale.ROOT,
                "tokens: %,d, of which %,d (%.0f %%) are learned%n",
                report.tokens(),
                report.learnedTokens(),
                100.0 * report.learnedTokens() / report.tokens());
        out.printf(
                Locale.ROOT,
                "longest: %s%n",
                report.longest().stream()
                        .limit(LONGEST_SHOWN)
                        .map(row -> String.format(Locale.ROOT, "line %,d (%,d)", row.line(), row.tokens()))
                        .collect(Collectors.joining(", ")));
        out.printf(Locale.ROOT, "SHA-256 of the rows: %s%n", dataset.hash());
    }

    private void printExamples(DatasetExamples examples, ExampleEncoder encoder, int count) {
        if (count > 0) {
            out.printf(
                    Locale.ROOT, "%nlearned is %s; all else is masked%n", colours ? "bright" : "what stands in [[ ]]");
        }
        for (int i = 0; i < Math.min(count, examples.size()); i++) {
            TrainingExample example = examples.example(i);
            out.printf(
                    Locale.ROOT,
                    "%n--- line %,d: %,d tokens, %,d learned%n",
                    examples.line(i),
                    example.tokens().length,
                    example.learnedTokens());
            out.println(ExampleText.of(example, encoder.prompts().tokenizer(), colours));
        }
    }

    private void printProblems(List<RowProblem> problems, int count) {
        if (problems.isEmpty()) {
            return;
        }
        out.printf(Locale.ROOT, "%nleft out:%n");
        problems.forEach(problem -> out.println("  " + ExampleText.printable(problem.toString())));
        if (count > problems.size()) {
            out.printf(Locale.ROOT, "  and %,d more%n", count - problems.size());
        }
    }
}

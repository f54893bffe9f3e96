package dev.caravan.server.finetuning;

import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.train.TrainingBatches;
import dev.caravan.engine.train.TrainingConfig;
import dev.caravan.engine.train.TrainingPlan;
import dev.caravan.engine.train.dataset.Dataset;
import dev.caravan.engine.train.dataset.DatasetReport;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What a training is going to do, line by line before it starts; the report repeats the lines. For one thread. */
final class TrainSummary {
    private static final int MOST_PROBLEMS = 10;

    private final PrintStream out;
    private final Map<String, String> facts = new LinkedHashMap<>();

    TrainSummary(PrintStream out) {
        this.out = out;
    }

    /** The lines so far, each with its name. */
    Map<String, String> facts() {
        return facts;
    }

    private void line(String name, String text) {
        facts.put(name, text);
        out.printf(Locale.ROOT, "%-10s %s%n", name, text);
    }

    void printBase(TrainingBase base, String name) {
        line(
                "base",
                String.format(
                        Locale.ROOT,
                        "%s (%s, %s parameters), weights as %s, %s",
                        name,
                        base.checkpoint().modelType(),
                        count(TrainingBase.parameters(base.checkpoint())),
                        base.types(),
                        ProgressDisplay.bytes(base.weightBytes())));
    }

    void printData(Path file, Dataset dataset, TrainSettings settings, TrainingBase base) {
        DatasetReport report = dataset.report();
        line(
                "data",
                String.format(
                        Locale.ROOT,
                        "%s: of %,d rows %,d are used, %,d repeat an earlier one, %,d are left out",
                        file.getFileName(),
                        report.rows(),
                        report.usableRows(),
                        report.duplicateRows(),
                        report.invalidRows()));
        report.problems().stream()
                .limit(MOST_PROBLEMS)
                .forEach(problem -> out.println("             " + ExampleText.printable(problem.toString())));
        if (report.invalidRows() > MOST_PROBLEMS) {
            out.printf(
                    Locale.ROOT,
                    "             and %,d more; ./caravan train preview shows them%n",
                    report.invalidRows() - MOST_PROBLEMS);
        }
        line(
                "examples",
                String.format(
                        Locale.ROOT,
                        "%,d to train on, %,d held out, by %s; the longest has %,d tokens",
                        dataset.training().size(),
                        dataset.heldOut().size(),
                        base.prompts().template() instanceof PlainTemplate
                                ? "a plain transcript (the model has no chat template)"
                                : "the model's chat template",
                        settings.longestTokens()));
        line(
                "tokens",
                String.format(Locale.ROOT, "%,d, of which %,d are learned", report.tokens(), report.learnedTokens()));
    }

    void printTraining(TrainSettings settings, LoraAdapter adapter, TrainingBatches batches, boolean isChosen) {
        LoraConfig lora = settings.lora();
        TrainingConfig training = settings.training();
        line(
                "adapter",
                String.format(
                        Locale.ROOT,
                        "r %d, alpha %s, dropout %s, %d modules, %s parameters",
                        lora.r(),
                        number(lora.loraAlpha()),
                        number(lora.loraDropout()),
                        adapter.modules().size(),
                        count(adapter.parameters())));
        line(
                "settings",
                String.format(
                        Locale.ROOT,
                        "preset %s%s: learning rate %s, %s%s, weight decay %s, gradient norm at most %s, seed %d",
                        settings.preset().name(),
                        isChosen ? "" : " (by the model's size)",
                        number(training.learningRate()),
                        training.lrSchedulerType().text(),
                        training.warmupSteps() > 0
                                ? " after %d steps of warm-up".formatted(training.warmupSteps())
                                : "",
                        number(training.weightDecay()),
                        number(training.maxGradNorm()),
                        training.seed()));
        int steps = batches.training().steps();
        line(
                "steps",
                String.format(
                        Locale.ROOT,
                        "%,d in %.2f epochs; %s of at most %,d tokens to a step",
                        steps,
                        batches.training().epochs(steps),
                        training.gradientAccumulationSteps() == 1
                                ? "one batch"
                                : "%,d batches".formatted(training.gradientAccumulationSteps()),
                        training.tokensPerBatch()));
    }

    void printMemory(long leastBytes, TrainingPlan plan, long room) {
        line(
                "memory",
                String.format(
                        Locale.ROOT,
                        "needs %s beside the weights, has %s, will take %s: activations of %d of %d layers are kept",
                        ProgressDisplay.bytes(leastBytes),
                        ProgressDisplay.bytes(room),
                        ProgressDisplay.bytes(plan.totalBytes()),
                        plan.keptLayers(),
                        plan.trainedLayers()));
    }

    void printOutput(OutputFolder output, long bytes) {
        line(
                "output",
                String.format(
                        Locale.ROOT,
                        "%s; needs up to %s while it trains, the disk has %s free",
                        output.path(),
                        ProgressDisplay.bytes(bytes),
                        ProgressDisplay.bytes(output.freeBytes())));
    }

    void printTime(Calibration calibration, TrainJob job) {
        Dataset dataset = job.dataset();
        TrainingBatches batches = job.batches();
        int steps = batches.training().steps();
        long tokens = 0;
        for (int i = 0; i < dataset.training().size(); i++) {
            tokens += dataset.training().tokens(i);
        }
        int evalSteps = job.settings().training().evalSteps();
        double seconds = calibration.seconds(
                tokens * batches.training().epochs(steps), evalSteps == 0 ? 0 : (double) steps / evalSteps + 1);
        line(
                "time",
                String.format(
                        Locale.ROOT,
                        "about %s, at %,.0f tokens a second as measured now",
                        ProgressDisplay.duration(seconds),
                        calibration.tokensPerSecond()));
        if (!Double.isNaN(calibration.heldOutLoss())) {
            line(
                    "before",
                    String.format(Locale.ROOT, "held-out loss %.3f of the base alone", calibration.heldOutLoss()));
        }
    }

    /** For example {@code 268 M}. */
    private static String count(long number) {
        return number >= 1_000_000_000L
                ? String.format(Locale.ROOT, "%.1f B", number / 1e9)
                : number >= 1_000_000 ? String.format(Locale.ROOT, "%.1f M", number / 1e6) : "%,d".formatted(number);
    }

    private static String number(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }
}

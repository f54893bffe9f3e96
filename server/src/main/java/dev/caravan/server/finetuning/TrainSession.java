package dev.caravan.server.finetuning;

import dev.caravan.engine.train.Trainer;
import dev.caravan.engine.train.TrainingConfig;
import dev.caravan.engine.train.TrainingEvaluation;
import dev.caravan.engine.train.TrainingPass;
import dev.caravan.engine.train.TrainingResult;
import dev.caravan.engine.train.TrainingResult.End;
import dev.caravan.engine.train.TrainingStep;
import dev.caravan.server.finetuning.OutputFolder.Beginning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The steps of a training and everything behind the last one: adapter, answers, report. For one run. */
final class TrainSession {
    private static final int SHOWN_ANSWERS = 3;

    private final CommandContext context;
    private final TrainJob job;
    private final TrainingPass pass;

    /** Takes the memory that the training needs. */
    TrainSession(CommandContext context, TrainJob job) {
        this.context = context;
        this.job = job;
        this.pass = new TrainingPass(
                job.base().decoder(),
                job.base().kernels(),
                job.adapter(),
                job.settings().training().tokensPerBatch(),
                job.plan());
    }

    /** @throws java.util.concurrent.CancellationException if the person ended it */
    Calibration calibrate() {
        return Calibration.of(job, pass, context.isInterrupted());
    }

    /**
     * Trains from the beginning or the last checkpoint.
     *
     * @return the exit status
     * @throws dev.caravan.engine.train.TrainingFailedException if numbers go out of hand, or the disk is full
     */
    int run(Beginning beginning, boolean isResumed) {
        long started = System.nanoTime();
        TrainProgress progress =
                new TrainProgress(context, job.batches().training().steps());
        TrainingResult result;
        try {
            Trainer trainer = trainer(beginning, progress);
            result = isResumed ? trainer.resume(context.isInterrupted()) : trainer.train(context.isInterrupted());
        } catch (IllegalArgumentException | IllegalStateException refused) {
            throw new CommandException(refused.getMessage() + ".");
        } finally {
            progress.close();
        }
        if (result.end() == End.CANCELLED) {
            context.result()
                    .printf(
                            Locale.ROOT,
                            "Cancelled after step %,d of %,d, which is kept; the same command with --resume goes on.%n",
                            result.steps().size(),
                            job.batches().training().steps());
            return TrainRun.CANCELLED;
        }
        finish(result, beginning, (System.nanoTime() - started) * 1e-9);
        return TrainRun.DONE;
    }

    private Trainer trainer(Beginning beginning, TrainProgress progress) {
        TrainingConfig config = job.settings()
                .training()
                .with()
                .saveSteps(beginning.saveSteps())
                .build();
        return new Trainer(pass, job.batches(), config, job.output().checkpoints(), progress);
    }

    private void finish(TrainingResult result, Beginning beginning, double seconds) {
        OutputFolder output = job.output();
        output.write(job.adapter(), job.base().decoder());
        TrainingRecord.write(output.path(), job, result, beginning, seconds);
        context.result().println(ending(result, beginning));
        Map<String, String> facts = new LinkedHashMap<>(job.facts());
        facts.put("result", ending(result, beginning));
        facts.put("took", took(result, seconds));
        facts.put("adapter SHA-256", job.adapter().hash());
        List<BeforeAndAfter> answers = answers();
        new Report(
                        String.valueOf(output.path().getFileName()),
                        facts,
                        answers,
                        job.dataset().report().problems(),
                        List.of(sampleCommand()))
                .write(output.path(), training(result), heldOut(result, beginning));
        output.finish();
        answers.stream().limit(SHOWN_ANSWERS).forEach(this::print);
        context.result()
                .printf(
                        "%nadapter    %s%nreport     %s%ntry it     %s%n",
                        output.path(), output.path().resolve(Report.PAGE), sampleCommand());
    }

    private String sampleCommand() {
        return "./caravan train sample %s --adapter %s \"...\""
                .formatted(job.modelWord(), job.output().path());
    }

    private List<BeforeAndAfter> answers() {
        if (job.questions().questions().isEmpty()) {
            return List.of();
        }
        context.result()
                .printf(
                        "asking %d questions before and after ...%n",
                        job.questions().questions().size());
        return Answers.compare(job, context.isInterrupted());
    }

    private void print(BeforeAndAfter answer) {
        context.result().printf("%n%s%n", ExampleText.printable(answer.question()));
        context.result().printf("  before: %s%n", oneLine(answer.before()));
        context.result().printf("  after:  %s%n", oneLine(answer.after()));
    }

    private static String oneLine(String text) {
        return ExampleText.printable(text.strip()).replaceAll("\\s+", " ");
    }

    private String ending(TrainingResult result, Beginning beginning) {
        int steps = result.steps().size();
        String end = result.end() == End.STOPPED_EARLY
                ? "stopped after step %,d of %,d, since the held-out loss got no better"
                        .formatted(steps, job.batches().training().steps())
                : "all %,d steps".formatted(steps);
        return result.best()
                .map(best -> String.format(
                        Locale.ROOT,
                        "%s; held-out loss %.3f before, %.3f with the adapter, which is that of step %,d",
                        end,
                        beginning.heldOutLoss(),
                        heldOutLoss(result, best),
                        result.adapterStep()))
                .orElse(end);
    }

    private static double heldOutLoss(TrainingResult result, TrainingEvaluation best) {
        return result.evaluations().stream()
                .filter(evaluation -> evaluation.step() == result.adapterStep())
                .mapToDouble(TrainingEvaluation::loss)
                .findFirst()
                .orElse(best.loss());
    }

    private static String took(TrainingResult result, double seconds) {
        List<TrainingStep> timed =
                result.steps().stream().filter(step -> step.seconds() > 0).toList();
        double stepSeconds = timed.stream().mapToDouble(TrainingStep::seconds).sum();
        long tokens = timed.stream().mapToLong(TrainingStep::tokens).sum();
        long memory =
                timed.stream().mapToLong(TrainingStep::peakMemoryBytes).max().orElse(0);
        return String.format(
                Locale.ROOT,
                "%s for %,d steps, %,.0f tokens a second, %s of memory at most",
                ProgressDisplay.duration(seconds),
                timed.size(),
                stepSeconds == 0 ? 0 : tokens / stepSeconds,
                ProgressDisplay.bytes(memory));
    }

    private static List<LossChart.Point> training(TrainingResult result) {
        return result.steps().stream()
                .map(step -> new LossChart.Point(step.step(), step.loss()))
                .toList();
    }

    private static List<LossChart.Point> heldOut(TrainingResult result, Beginning beginning) {
        List<LossChart.Point> points = new ArrayList<>();
        if (!Double.isNaN(beginning.heldOutLoss())) {
            points.add(new LossChart.Point(0, beginning.heldOutLoss()));
        }
        result.evaluations()
                .forEach(evaluation -> points.add(new LossChart.Point(evaluation.step(), evaluation.loss())));
        return points;
    }
}

package dev.caravan.engine.train;

import dev.caravan.engine.train.TrainingResult.End;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a training, from the beginning or a checkpoint to an end of whatever kind. For one thread. */
final class TrainingRun {
    private static final Logger log = LoggerFactory.getLogger(TrainingRun.class);

    /** An odd number that spreads seeds over all 64 bits (SplitMix64's increment). */
    private static final long SEED_FACTOR = 0x9E3779B97F4A7C15L;

    private final LossFunction loss;
    private final TrainingBatches batches;
    private final TrainingConfig config;
    private final CheckpointFolder folder;
    private final TrainingListener listener;

    private final int steps;
    private final LearningRateSchedule schedule;
    private final AdamW optimizer;
    private final Gradients gradients;
    private final TrainingIdentity identity;
    private final CheckpointWriter writer;
    private TrainingHistory history = new TrainingHistory();
    private boolean isSaved = true;

    TrainingRun(
            LossFunction loss,
            TrainingBatches batches,
            TrainingConfig config,
            CheckpointFolder folder,
            TrainingListener listener) {
        this.loss = loss;
        this.batches = batches;
        this.config = config;
        this.folder = folder;
        this.listener = listener;
        this.steps = batches.training().steps();
        this.schedule = config.schedule(steps);
        this.optimizer = new AdamW(loss.tensors(), config.optimizer());
        this.gradients = new Gradients(loss.tensors());
        this.identity = TrainingIdentity.of(loss, batches, config);
        this.writer = new CheckpointWriter(loss.tensors(), optimizer, identity, steps);
    }

    /** Goes on from a checkpoint, unless it was made with anything else. */
    void restore(TrainingCheckpoint checkpoint) {
        Optional<String> difference = checkpoint.identity().difference(identity);
        if (difference.isPresent()) {
            throw new IllegalArgumentException(
                    "%s was made with %s; resume with what it was made with, or train anew in an empty folder"
                            .formatted(checkpoint.path().getFileName(), difference.get()));
        }
        checkpoint.copyValues(loss.tensors());
        checkpoint.copyMoments(loss.tensors(), optimizer);
        history = checkpoint.history();
        log.info("training=resumed step={} steps={}", history.step(), steps);
    }

    TrainingResult run(BooleanSupplier isCancelled) {
        folder.requireRoom(writer.tensorBytes());
        End end;
        try {
            evaluateIfDue(isCancelled); // where a run was cut off between a step and its held-out loss
            saveIfDue();
            while (history.step() < steps && !history.isOutOfPatience(config.earlyStoppingPatience())) {
                step(isCancelled);
                evaluateIfDue(isCancelled);
                saveIfDue();
            }
            end = history.step() < steps ? End.STOPPED_EARLY : End.COMPLETED;
        } catch (CancellationException cancelled) {
            end = End.CANCELLED;
        }
        save();
        int adapterStep = end == End.CANCELLED || !config.loadBestModelAtEnd() ? history.step() : loadBest();
        TrainingResult result = result(end, adapterStep);
        log.info("training={} step={} steps={} adapter_step={}", end, history.step(), steps, adapterStep);
        listener.onEnd(result);
        return result;
    }

    private void step(BooleanSupplier isCancelled) {
        long started = System.nanoTime();
        int index = history.step();
        List<PackedBatch> stepBatches = batches.training().batches(index);
        int learned = stepBatches.stream().mapToInt(PackedBatch::learnedTokens).sum();
        if (learned == 0) {
            throw new IllegalArgumentException("step %d has no token to learn".formatted(index + 1));
        }
        double mean = accumulate(stepBatches, index, learned, isCancelled) / learned;
        double norm = gradients.norm();
        if (!Double.isFinite(mean) || !Double.isFinite(norm)) {
            throw failed(
                    index + 1,
                    index,
                    "in step %d the %s is %s, so the step was not made and training stopped"
                            .formatted(
                                    index + 1,
                                    Double.isFinite(mean) ? "gradient's norm" : "loss",
                                    Double.isFinite(mean) ? norm : mean));
        }
        if (config.maxGradNorm() > 0) {
            gradients.clip(norm, config.maxGradNorm());
        }
        double learningRate = schedule.at(index);
        optimizer.step(learningRate);
        TrainingStep made = new TrainingStep(
                index + 1,
                steps,
                batches.training().epochs(index + 1),
                mean,
                norm,
                learningRate,
                stepBatches.stream().mapToInt(batch -> batch.tokens().length).sum(),
                learned,
                (System.nanoTime() - started) * 1e-9,
                ProcessMemory.peakBytes());
        history.add(made);
        isSaved = false;
        listener.onStep(made);
        requireNoExplosion();
    }

    /** The sum of the losses; the gradients are those of their mean. */
    private double accumulate(List<PackedBatch> stepBatches, int index, int learned, BooleanSupplier isCancelled) {
        gradients.zero();
        double sum = 0;
        for (int i = 0; i < stepBatches.size(); i++) {
            requireNotCancelled(isCancelled);
            sum += loss.lossAndGradients(
                    stepBatches.get(i), 1f / learned, dropoutSeed(config.seed(), index, i), isCancelled);
        }
        return sum;
    }

    /** Of its own for every batch of every step; both are counted from 0. */
    static long dropoutSeed(long seed, int step, int batch) {
        return seed * SEED_FACTOR + ((long) step << Integer.SIZE) + batch;
    }

    private static void requireNotCancelled(BooleanSupplier isCancelled) {
        if (isCancelled.getAsBoolean()) {
            throw new CancellationException("the training was cancelled");
        }
    }

    private void requireNoExplosion() {
        if (history.stepsAboveLimit() >= TrainingHistory.EXPLODED_STEPS) {
            TrainingStep last = history.steps().getLast();
            throw failed(
                    last.step(),
                    last.step() - TrainingHistory.EXPLODED_STEPS,
                    "the loss is %.3g in step %d and was %.3g in the first one, so training stopped"
                            .formatted(
                                    last.loss(),
                                    last.step(),
                                    history.steps().getFirst().loss()));
        }
    }

    private void evaluateIfDue(BooleanSupplier isCancelled) {
        int step = history.step();
        boolean isDue = step == steps || (config.evalSteps() > 0 && step % config.evalSteps() == 0);
        if (!isDue || step == 0 || batches.heldOut().steps() == 0 || history.evaluatedStep() == step) {
            return;
        }
        double mean = heldOutLoss(isCancelled);
        if (!Double.isFinite(mean)) {
            throw failed(
                    step, step - 1, "after step %d the held-out loss is %s, so training stopped".formatted(step, mean));
        }
        TrainingEvaluation evaluation =
                new TrainingEvaluation(step, batches.training().epochs(step), mean, history.isNewBest(mean));
        history.add(evaluation);
        isSaved = false;
        listener.onEvaluation(evaluation);
    }

    private double heldOutLoss(BooleanSupplier isCancelled) {
        double sum = 0;
        long learned = 0;
        for (int i = 0; i < batches.heldOut().steps(); i++) {
            for (PackedBatch batch : batches.heldOut().batches(i)) {
                requireNotCancelled(isCancelled);
                sum += loss.loss(batch, isCancelled);
                learned += batch.learnedTokens();
            }
        }
        return sum / learned;
    }

    private void saveIfDue() {
        int step = history.step();
        boolean isDue = config.saveSteps() > 0 && step % config.saveSteps() == 0;
        boolean isBest = bestStep() == step;
        // While the loss may be out of hand no checkpoint drives out a good one.
        if (isBest || (isDue && history.stepsAboveLimit() == 0)) {
            save();
        }
    }

    private int bestStep() {
        return history.best().map(TrainingEvaluation::step).orElse(0);
    }

    /** Writes a checkpoint of the training as it is now, unless there is one. */
    private void save() {
        int step = history.step();
        if (isSaved) {
            return;
        }
        requireFinite();
        Path file = folder.file(step);
        Path before = folder.lastUpTo(step);
        try {
            writer.write(file, history);
        } catch (UncheckedIOException failure) {
            throw new TrainingFailedException(
                    step,
                    before,
                    "the checkpoint of step %d, %d MB, cannot be written (%s); make room and resume"
                            .formatted(step, Math.ceilDiv(writer.tensorBytes(), 1_000_000), reason(failure)));
        }
        isSaved = true;
        folder.prune(bestStep());
        listener.onCheckpoint(step, file);
    }

    /** What the system says; of a missing folder it gives the name alone. */
    private static String reason(UncheckedIOException failure) {
        return switch (failure.getCause()) {
            case null -> String.valueOf(failure.getMessage());
            case NoSuchFileException missing -> "its folder is gone";
            case IOException cause -> String.valueOf(cause.getMessage());
        };
    }

    /** A step from sound gradients can still leave the range of floats. */
    private void requireFinite() {
        for (TrainableTensor tensor : loss.tensors()) {
            for (float value : tensor.values()) {
                if (!Float.isFinite(value)) {
                    throw failed(
                            history.step(),
                            history.step() - 1,
                            "after step %d the adapter holds %s, so training stopped".formatted(history.step(), value));
                }
            }
        }
    }

    private int loadBest() {
        int best = bestStep();
        if (best == 0 || best == history.step()) {
            return history.step();
        }
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(folder.file(best))) {
            checkpoint.copyValues(loss.tensors());
        }
        return best;
    }

    private TrainingResult result(End end, int adapterStep) {
        int best = bestStep();
        return new TrainingResult(
                end,
                adapterStep,
                history.steps(),
                history.evaluations(),
                folder.lastUpTo(history.step()),
                best == 0 ? null : folder.file(best));
    }

    /** @param goodStep up to here nothing was wrong */
    private TrainingFailedException failed(int step, int goodStep, String problem) {
        return new TrainingFailedException(
                step,
                folder.lastUpTo(goodStep),
                "%s; train anew with a lower learning rate than %s".formatted(problem, config.learningRate()));
    }
}

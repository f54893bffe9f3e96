package dev.caravan.server.finetuning;

import dev.caravan.engine.train.BatchSource;
import dev.caravan.engine.train.LoraGradients;
import dev.caravan.engine.train.TrainingBatches;
import dev.caravan.engine.train.TrainingPass;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.function.BooleanSupplier;

/**
 * How fast this machine is at this training, by the first batch, whose gradients are thrown away; and how good the base
 * alone is at the held-out rows.
 *
 * @param tokensPerSecond that are trained on
 * @param heldOutLoss in nats for each learned token; NaN if nothing is held out
 * @param heldOutSeconds that one pass over what is held out takes
 */
record Calibration(double tokensPerSecond, double heldOutLoss, double heldOutSeconds) {
    private static final int MOST_RUNS = 5;

    /** Java compiles the code while the first run goes on: of a small model, more runs tell the speed. */
    private static final double ENOUGH_SECONDS = 8;

    /** Of a large one, compiling is a small part of a run. */
    private static final double LONG_SECONDS = 30;

    /** A checkpoint is due about so often: what a power failure costs at most. */
    private static final double SAVE_SECONDS = 120;

    /** @throws java.util.concurrent.CancellationException if it was cancelled */
    static Calibration of(TrainJob job, TrainingPass pass, BooleanSupplier cancelled) {
        TrainingBatches batches = job.batches();
        LoraGradients gradients = new LoraGradients(job.adapter());
        PackedBatch batch = batches.training().batches(0).getFirst();
        double best = Double.POSITIVE_INFINITY;
        double total = 0;
        for (int run = 0; run < MOST_RUNS && total < (run < 2 ? LONG_SECONDS : ENOUGH_SECONDS); run++) {
            long started = System.nanoTime();
            pass.lossAndGradients(batch, 1, 0, gradients, cancelled);
            double seconds = (System.nanoTime() - started) * 1e-9;
            best = Math.min(best, seconds);
            total += seconds;
        }
        long started = System.nanoTime();
        double loss = heldOutLoss(pass, batches.heldOut(), cancelled);
        return new Calibration(batch.tokens().length / best, loss, (System.nanoTime() - started) * 1e-9);
    }

    private static double heldOutLoss(TrainingPass pass, BatchSource heldOut, BooleanSupplier cancelled) {
        double sum = 0;
        long learned = 0;
        for (int step = 0; step < heldOut.steps(); step++) {
            for (PackedBatch batch : heldOut.batches(step)) {
                sum += pass.loss(batch, cancelled);
                learned += batch.learnedTokens();
            }
        }
        return learned == 0 ? Double.NaN : sum / learned;
    }

    /**
     * The time that a training will take.
     *
     * @param tokens of all its steps
     * @param evaluations of the held-out loss
     */
    double seconds(double tokens, double evaluations) {
        return tokens / tokensPerSecond + evaluations * heldOutSeconds;
    }

    /** After how many steps a checkpoint is written. */
    int saveSteps(double stepTokens) {
        return Math.clamp(Math.round(SAVE_SECONDS * tokensPerSecond / stepTokens), 1, 1000);
    }
}

package dev.caravan.engine.train;

import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How an adapter is trained. Names, defaults and meaning are those of transformers' {@code TrainingArguments}, where it
 * has them; {@link #DEFAULT} changes nothing of it. Immutable.
 *
 * @param learningRate the highest rate of the schedule
 * @param warmupRatio the share of all steps in which the rate rises; counts only if {@code warmupSteps} is 0
 * @param maxGradNorm gradients are scaled down to this norm; 0 leaves them as they are
 * @param numTrainEpochs how often the data are seen, a fraction too; counts only if {@code maxSteps} is -1
 * @param maxSteps the steps of the whole training, or -1
 * @param gradientAccumulationSteps batches to one step of the optimiser
 * @param seed decides the order of the data and what dropout drops
 * @param evalSteps the held-out loss is taken after each so many steps and at the end; 0 takes it at the end only
 * @param saveSteps a checkpoint is written after each so many steps and at the end; 0 writes it at the end only
 * @param earlyStoppingPatience training stops after so many held-out losses in a row without a new best; 0 never
 * @param loadBestModelAtEnd the adapter with the best held-out loss is the result, not the last one
 * @param maxLength the most tokens of an example
 * @param tokensPerBatch the most tokens of a packed batch
 */
public record TrainingConfig(
        double learningRate,
        LrSchedulerType lrSchedulerType,
        double warmupRatio,
        int warmupSteps,
        double weightDecay,
        double adamBeta1,
        double adamBeta2,
        double adamEpsilon,
        double maxGradNorm,
        double numTrainEpochs,
        int maxSteps,
        int gradientAccumulationSteps,
        long seed,
        int evalSteps,
        int saveSteps,
        int earlyStoppingPatience,
        boolean loadBestModelAtEnd,
        int maxLength,
        int tokensPerBatch) {

    /** Transformers' {@code TrainingArguments()}; lengths as TRL's {@code SFTConfig}. */
    public static final TrainingConfig DEFAULT = new TrainingConfig(
            5e-5, LrSchedulerType.LINEAR, 0, 0, 0, 0.9, 0.999, 1e-8, 1, 3, -1, 1, 42, 0, 500, 0, false, 1024, 1024);

    /** The most steps of a training, so that its history stays small. */
    public static final int MAX_STEPS = 100_000;

    private static final double MAX_EPOCHS = 10_000;

    public TrainingConfig {
        require(
                learningRate > 0 && learningRate <= 10,
                "learningRate",
                learningRate,
                "a number above 0, such as 0.0002");
        require(warmupRatio >= 0 && warmupRatio <= 1, "warmupRatio", warmupRatio, "a number from 0 to 1");
        require(warmupSteps >= 0 && warmupSteps <= MAX_STEPS, "warmupSteps", warmupSteps, "0 or more");
        require(weightDecay >= 0 && weightDecay <= 1, "weightDecay", weightDecay, "a number from 0 to 1");
        require(adamBeta1 >= 0 && adamBeta1 < 1, "adamBeta1", adamBeta1, "a number from 0 to below 1");
        require(adamBeta2 >= 0 && adamBeta2 < 1, "adamBeta2", adamBeta2, "a number from 0 to below 1");
        require(adamEpsilon > 0 && adamEpsilon <= 1, "adamEpsilon", adamEpsilon, "a number above 0, such as 1e-8");
        require(maxGradNorm >= 0 && maxGradNorm < Double.POSITIVE_INFINITY, "maxGradNorm", maxGradNorm, "0 or more");
        requireLength(numTrainEpochs, maxSteps);
        require(
                gradientAccumulationSteps >= 1 && gradientAccumulationSteps <= MAX_STEPS,
                "gradientAccumulationSteps",
                gradientAccumulationSteps,
                "1 or more");
        require(evalSteps >= 0, "evalSteps", evalSteps, "0 or more");
        require(saveSteps >= 0, "saveSteps", saveSteps, "0 or more");
        require(earlyStoppingPatience >= 0, "earlyStoppingPatience", earlyStoppingPatience, "0 or more");
        if (earlyStoppingPatience > 0 && evalSteps == 0) {
            throw new IllegalArgumentException(
                    "earlyStoppingPatience is %d, but evalSteps is 0; set evalSteps, so that there is something to wait for"
                            .formatted(earlyStoppingPatience));
        }
        require(maxLength >= 2, "maxLength", maxLength, "2 tokens or more");
        if (tokensPerBatch < maxLength) {
            throw new IllegalArgumentException(
                    "tokensPerBatch is %d, but an example may have %d tokens (maxLength); set it to at least as many"
                            .formatted(tokensPerBatch, maxLength));
        }
    }

    private static void requireLength(double numTrainEpochs, int maxSteps) {
        require(
                maxSteps == -1 || (maxSteps >= 1 && maxSteps <= MAX_STEPS),
                "maxSteps",
                maxSteps,
                "a number from 1 to %d, or -1 to train for numTrainEpochs".formatted(MAX_STEPS));
        require(
                maxSteps > 0 || (numTrainEpochs > 0 && numTrainEpochs <= MAX_EPOCHS),
                "numTrainEpochs",
                numTrainEpochs,
                "a number above 0 and at most %.0f".formatted(MAX_EPOCHS));
    }

    private static void require(boolean holds, String name, Number value, String allowed) {
        if (!holds) {
            throw new IllegalArgumentException("%s is %s; set it to %s".formatted(name, value, allowed));
        }
    }

    /** The steps of the warm-up in a training of so many steps. */
    public int warmup(int steps) {
        return warmupSteps > 0 ? warmupSteps : (int) Math.ceil(steps * warmupRatio);
    }

    /** The learning rates of a training of so many steps. */
    public LearningRateSchedule schedule(int steps) {
        return new LearningRateSchedule(lrSchedulerType, learningRate, warmup(steps), steps);
    }

    AdamW.Settings optimizer() {
        return new AdamW.Settings(adamBeta1, adamBeta2, adamEpsilon, weightDecay);
    }

    /** What a checkpoint holds of this: each setting by its name. */
    Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("learningRate", String.valueOf(learningRate));
        settings.put("lrSchedulerType", lrSchedulerType.text());
        settings.put("warmupRatio", String.valueOf(warmupRatio));
        settings.put("warmupSteps", String.valueOf(warmupSteps));
        settings.put("weightDecay", String.valueOf(weightDecay));
        settings.put("adamBeta1", String.valueOf(adamBeta1));
        settings.put("adamBeta2", String.valueOf(adamBeta2));
        settings.put("adamEpsilon", String.valueOf(adamEpsilon));
        settings.put("maxGradNorm", String.valueOf(maxGradNorm));
        settings.put("numTrainEpochs", String.valueOf(numTrainEpochs));
        settings.put("maxSteps", String.valueOf(maxSteps));
        settings.put("gradientAccumulationSteps", String.valueOf(gradientAccumulationSteps));
        settings.put("seed", String.valueOf(seed));
        settings.put("evalSteps", String.valueOf(evalSteps));
        settings.put("saveSteps", String.valueOf(saveSteps));
        settings.put("earlyStoppingPatience", String.valueOf(earlyStoppingPatience));
        settings.put("loadBestModelAtEnd", String.valueOf(loadBestModelAtEnd));
        settings.put("maxLength", String.valueOf(maxLength));
        settings.put("tokensPerBatch", String.valueOf(tokensPerBatch));
        return settings;
    }

    /** A builder that begins with these settings. */
    public TrainingConfigBuilder with() {
        return new TrainingConfigBuilder(this);
    }
}

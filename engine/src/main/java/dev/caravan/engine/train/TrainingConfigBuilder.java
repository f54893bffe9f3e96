package dev.caravan.engine.train;

import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;

/** Collects the settings of a {@link TrainingConfig}, whose Javadoc says what each of them means. For one thread. */
public final class TrainingConfigBuilder {
    private double learningRate;
    private LrSchedulerType lrSchedulerType;
    private double warmupRatio;
    private int warmupSteps;
    private double weightDecay;
    private double adamBeta1;
    private double adamBeta2;
    private double adamEpsilon;
    private double maxGradNorm;
    private double numTrainEpochs;
    private int maxSteps;
    private int gradientAccumulationSteps;
    private long seed;
    private int evalSteps;
    private int saveSteps;
    private int earlyStoppingPatience;
    private boolean loadBestModelAtEnd;
    private int maxLength;
    private int tokensPerBatch;

    TrainingConfigBuilder(TrainingConfig config) {
        learningRate = config.learningRate();
        lrSchedulerType = config.lrSchedulerType();
        warmupRatio = config.warmupRatio();
        warmupSteps = config.warmupSteps();
        weightDecay = config.weightDecay();
        adamBeta1 = config.adamBeta1();
        adamBeta2 = config.adamBeta2();
        adamEpsilon = config.adamEpsilon();
        maxGradNorm = config.maxGradNorm();
        numTrainEpochs = config.numTrainEpochs();
        maxSteps = config.maxSteps();
        gradientAccumulationSteps = config.gradientAccumulationSteps();
        seed = config.seed();
        evalSteps = config.evalSteps();
        saveSteps = config.saveSteps();
        earlyStoppingPatience = config.earlyStoppingPatience();
        loadBestModelAtEnd = config.loadBestModelAtEnd();
        maxLength = config.maxLength();
        tokensPerBatch = config.tokensPerBatch();
    }

    public TrainingConfigBuilder learningRate(double value) {
        learningRate = value;
        return this;
    }

    public TrainingConfigBuilder lrSchedulerType(LrSchedulerType value) {
        lrSchedulerType = value;
        return this;
    }

    public TrainingConfigBuilder warmupRatio(double value) {
        warmupRatio = value;
        return this;
    }

    public TrainingConfigBuilder warmupSteps(int value) {
        warmupSteps = value;
        return this;
    }

    public TrainingConfigBuilder weightDecay(double value) {
        weightDecay = value;
        return this;
    }

    public TrainingConfigBuilder adamBeta1(double value) {
        adamBeta1 = value;
        return this;
    }

    public TrainingConfigBuilder adamBeta2(double value) {
        adamBeta2 = value;
        return this;
    }

    public TrainingConfigBuilder adamEpsilon(double value) {
        adamEpsilon = value;
        return this;
    }

    public TrainingConfigBuilder maxGradNorm(double value) {
        maxGradNorm = value;
        return this;
    }

    public TrainingConfigBuilder numTrainEpochs(double value) {
        numTrainEpochs = value;
        return this;
    }

    public TrainingConfigBuilder maxSteps(int value) {
        maxSteps = value;
        return this;
    }

    public TrainingConfigBuilder gradientAccumulationSteps(int value) {
        gradientAccumulationSteps = value;
        return this;
    }

    public TrainingConfigBuilder seed(long value) {
        seed = value;
        return this;
    }

    public TrainingConfigBuilder evalSteps(int value) {
        evalSteps = value;
        return this;
    }

    public TrainingConfigBuilder saveSteps(int value) {
        saveSteps = value;
        return this;
    }

    public TrainingConfigBuilder earlyStoppingPatience(int value) {
        earlyStoppingPatience = value;
        return this;
    }

    public TrainingConfigBuilder loadBestModelAtEnd(boolean value) {
        loadBestModelAtEnd = value;
        return this;
    }

    public TrainingConfigBuilder maxLength(int value) {
        maxLength = value;
        return this;
    }

    public TrainingConfigBuilder tokensPerBatch(int value) {
        tokensPerBatch = value;
        return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if one of them makes no sense
     */
    public TrainingConfig build() {
        return new TrainingConfig(
                learningRate,
                lrSchedulerType,
                warmupRatio,
                warmupSteps,
                weightDecay,
                adamBeta1,
                adamBeta2,
                adamEpsilon,
                maxGradNorm,
                numTrainEpochs,
                maxSteps,
                gradientAccumulationSteps,
                seed,
                evalSteps,
                saveSteps,
                earlyStoppingPatience,
                loadBestModelAtEnd,
                maxLength,
                tokensPerBatch);
    }
}

package dev.caravan.server.finetuning;

import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.train.TrainingConfig;
import dev.caravan.engine.train.TrainingPreset;
import dev.caravan.engine.train.dataset.Dataset;
import dev.caravan.engine.train.dataset.ExampleSet;
import dev.caravan.engine.train.dataset.Packing;
import dev.caravan.engine.train.dataset.PackingOptions;
import java.util.stream.IntStream;

/**
 * The settings of one training: the preset's, the options', and what follows from the data. A preset counts its batches in
 * examples; here they are packed, so that a batch holds as many tokens as so many examples have on average, and at least
 * the longest one.
 *
 * @param training all but {@code saveSteps}, which follows from the speed
 * @param longestTokens of an example
 * @param stepTokens that a step has about
 */
record TrainSettings(
        TrainingPreset preset, LoraConfig lora, TrainingConfig training, int longestTokens, int stepTokens) {

    /** Longer batches are no faster, and take memory: a step then has several. */
    private static final int MOST_BATCH_TOKENS = 2048;

    /** The held-out loss is taken so often in an epoch, and a run that is shorter takes it so often in all. */
    private static final int EVALUATIONS = 2;

    private static final int LEAST_EVALUATIONS = 2;

    /**
     * The settings for a dataset.
     *
     * @param baseName what the adapter's configuration calls the base
     * @throws CommandException if options contradict the data or each other
     */
    static TrainSettings of(TrainOptions options, TrainingPreset preset, Dataset dataset, String baseName) {
        LoraConfig lora = preset.lora().toBuilder()
                .r(options.r().orElse(preset.r()))
                .loraAlpha(options.alpha().orElse(preset.loraAlpha()))
                .loraDropout(options.dropout().orElse(preset.loraDropout()))
                .baseModelNameOrPath(baseName)
                .build();
        ExampleSet examples = dataset.training();
        int longest = Math.max(longest(examples), longest(dataset.heldOut()));
        long tokens =
                IntStream.range(0, examples.size()).mapToLong(examples::tokens).sum();
        int wanted = Math.clamp(
                Math.round((double) preset.examplesPerStep() * tokens / examples.size()), 2, Integer.MAX_VALUE);
        int batch = Math.max(longest, options.batchTokens().orElse(Math.min(wanted, MOST_BATCH_TOKENS)));
        if (options.batchTokens().isPresent() && batch > options.batchTokens().getAsInt()) {
            throw new CommandException(
                    "--batch-tokens %d is less than the longest example, which has %d tokens; give at least as many, or leave out longer rows with --max-length."
                            .formatted(options.batchTokens().getAsInt(), longest));
        }
        int accumulation = options.accumulation().orElse(Math.max(1, Math.round((float) wanted / batch)));
        TrainingConfig config = training(options, preset, longest, batch, accumulation);
        return new TrainSettings(
                preset,
                lora,
                config.with()
                        .evalSteps(evalSteps(dataset, config))
                        .loadBestModelAtEnd(dataset.heldOut().size() > 0)
                        .earlyStoppingPatience(options.patience().orElse(0))
                        .build(),
                longest,
                (int) Math.min((long) batch * accumulation, tokens));
    }

    private static TrainingConfig training(
            TrainOptions options, TrainingPreset preset, int longest, int batch, int accumulation) {
        return preset.training()
                .with()
                .learningRate(options.learningRate().orElse(preset.learningRate()))
                .numTrainEpochs(options.epochs().orElse(preset.numTrainEpochs()))
                .maxSteps(options.maxSteps().orElse(-1))
                .gradientAccumulationSteps(accumulation)
                .seed(options.seed().orElse(TrainingConfig.DEFAULT.seed()))
                .maxLength(longest)
                .tokensPerBatch(batch)
                .build();
    }

    private static int longest(ExampleSet examples) {
        return IntStream.range(0, examples.size()).map(examples::tokens).max().orElse(2);
    }

    private static int evalSteps(Dataset dataset, TrainingConfig config) {
        if (dataset.heldOut().size() == 0) {
            return 0;
        }
        int batches = Packing.plan(dataset.training(), new PackingOptions(config.tokensPerBatch(), config.seed()), 0)
                .size();
        int epoch = Math.ceilDiv(batches, config.gradientAccumulationSteps());
        int often = Math.max(1, epoch / EVALUATIONS);
        return config.maxSteps() > 0 ? Math.clamp(config.maxSteps() / LEAST_EVALUATIONS, 1, often) : often;
    }
}

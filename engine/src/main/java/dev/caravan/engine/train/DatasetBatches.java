package dev.caravan.engine.train;

import dev.caravan.engine.train.dataset.Dataset;
import dev.caravan.engine.train.dataset.ExampleSet;
import dev.caravan.engine.train.dataset.PackedBatch;
import dev.caravan.engine.train.dataset.Packing;
import dev.caravan.engine.train.dataset.PackingOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Examples packed anew for each epoch; so many batches to a step as gradients are accumulated, fewer in the last step of
 * an epoch. The number of steps follows transformers' {@code Trainer}: {@code maxSteps}, or else all steps of
 * {@code numTrainEpochs}, of a last fraction rounded up. For one thread.
 */
public final class DatasetBatches implements BatchSource {
    private final ExampleSet examples;
    private final PackingOptions packing;
    private final int batchesPerStep;
    private final String hash;

    /** How many steps there are up to the end of each epoch, were it not cut short. */
    private final int[] stepsUntil;

    private final int steps;

    private int plannedEpoch = -1;
    private @Nullable Packing plan;

    private DatasetBatches(ExampleSet examples, String datasetHash, TrainingConfig config) {
        this.examples = examples;
        this.packing = new PackingOptions(config.tokensPerBatch(), config.seed());
        this.batchesPerStep = config.gradientAccumulationSteps();
        this.stepsUntil = examples.size() == 0 ? new int[0] : stepsUntil(config);
        this.steps = stepsUntil.length == 0 ? 0 : steps(config);
        this.hash = hash(examples, datasetHash);
    }

    /**
     * What is trained on.
     *
     * @throws IllegalArgumentException if there is nothing, or there would be more than {@link TrainingConfig#MAX_STEPS}
     */
    public static DatasetBatches training(Dataset dataset, TrainingConfig config) {
        return training(dataset.training(), dataset.hash(), config);
    }

    /** As the other method, for examples of any origin; the hash names them. */
    public static DatasetBatches training(ExampleSet examples, String datasetHash, TrainingConfig config) {
        if (examples.size() == 0) {
            throw new IllegalArgumentException("there is no example to train on; give a larger file, or hold out less");
        }
        return new DatasetBatches(examples, datasetHash, config);
    }

    /** What is held out, once, batch after batch. */
    public static DatasetBatches heldOut(Dataset dataset, TrainingConfig config) {
        return heldOut(dataset.heldOut(), dataset.hash(), config);
    }

    /** As the other method, for examples of any origin; the hash names them. */
    public static DatasetBatches heldOut(ExampleSet examples, String datasetHash, TrainingConfig config) {
        TrainingConfig once = config.with()
                .maxSteps(-1)
                .numTrainEpochs(1)
                .gradientAccumulationSteps(1)
                .build();
        return new DatasetBatches(examples, datasetHash, once);
    }

    private int[] stepsUntil(TrainingConfig config) {
        List<Integer> ends = new ArrayList<>();
        int end = 0;
        while (config.maxSteps() > 0 ? end < config.maxSteps() : ends.size() < config.numTrainEpochs()) {
            end += Math.ceilDiv(plan(ends.size()).size(), batchesPerStep);
            if (config.maxSteps() < 0 && end > TrainingConfig.MAX_STEPS) {
                throw new IllegalArgumentException(
                        "%s epochs are more than %d steps; set maxSteps, or a higher gradientAccumulationSteps"
                                .formatted(config.numTrainEpochs(), TrainingConfig.MAX_STEPS));
            }
            ends.add(end);
        }
        return ends.stream().mapToInt(Integer::intValue).toArray();
    }

    private int steps(TrainingConfig config) {
        if (config.maxSteps() > 0) {
            return config.maxSteps();
        }
        int last = stepsUntil.length - 1;
        double fraction = config.numTrainEpochs() - last;
        return firstStep(last) + (int) Math.ceil(fraction * (stepsUntil[last] - firstStep(last)));
    }

    private int firstStep(int epoch) {
        return epoch == 0 ? 0 : stepsUntil[epoch - 1];
    }

    private Packing plan(int epoch) {
        Packing known = plan;
        if (known == null || plannedEpoch != epoch) {
            known = Packing.plan(examples, packing, epoch);
            plan = known;
            plannedEpoch = epoch;
        }
        return known;
    }

    /** The split and the model's tokens count, not only the file: another template gives other lengths. */
    private static String hash(ExampleSet examples, String datasetHash) {
        TrainingHash hash = new TrainingHash();
        hash.add(datasetHash);
        hash.add(IntStream.range(0, examples.size()).map(examples::tokens).toArray());
        hash.add(
                IntStream.range(0, examples.size()).map(examples::learnedTokens).toArray());
        return hash.hex();
    }

    @Override
    public int steps() {
        return steps;
    }

    @Override
    public List<PackedBatch> batches(int step) {
        if (step < 0 || step >= steps) {
            throw new IllegalArgumentException("step %d of %d".formatted(step, steps));
        }
        int epoch = epochOf(step);
        Packing packed = plan(epoch);
        int from = (step - firstStep(epoch)) * batchesPerStep;
        int to = Math.min(from + batchesPerStep, packed.size());
        return IntStream.range(from, to)
                .mapToObj(batch -> packed.batch(batch, examples))
                .toList();
    }

    private int epochOf(int step) {
        int found = Arrays.binarySearch(stepsUntil, step + 1);
        return found < 0 ? -found - 1 : found;
    }

    @Override
    public double epochs(int steps) {
        if (steps == 0) {
            return 0;
        }
        int epoch = epochOf(steps - 1);
        int first = firstStep(epoch);
        return epoch + (double) (steps - first) / (stepsUntil[epoch] - first);
    }

    @Override
    public String hash() {
        return hash;
    }
}

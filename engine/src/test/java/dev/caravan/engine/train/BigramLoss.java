package dev.caravan.engine.train;

import dev.caravan.engine.train.dataset.PackedBatch;
import dev.caravan.engine.train.dataset.TrainingExample;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * A language model small enough for a test of the trainer: the logits of the next token are a row of a matrix and a bias,
 * so that the loss is convex. A tenth of the matrix is dropped by the dropout seed.
 */
final class BigramLoss implements LossFunction {
    static final int TOKENS = 12;
    static final double DROPPED = 0.1;

    private final TrainableTensor weight = tensor("bigram.weight", TOKENS, TOKENS);
    private final TrainableTensor bias = tensor("bigram.bias", 1, TOKENS);
    private final String base;
    private final double dropped;

    BigramLoss() {
        this("base-a", DROPPED);
    }

    BigramLoss(String base, double dropped) {
        this.base = base;
        this.dropped = dropped;
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < weight.size(); i++) {
            weight.values()[i] = (float) random.nextDouble(-0.5, 0.5);
        }
    }

    private static TrainableTensor tensor(String name, int rows, int columns) {
        return new TrainableTensor(
                name, new long[] {rows, columns}, new float[rows * columns], new float[rows * columns]);
    }

    @Override
    public List<TrainableTensor> tensors() {
        return List.of(weight, bias);
    }

    @Override
    public Map<String, String> identity() {
        return Map.of("the base model", base);
    }

    @Override
    public double loss(PackedBatch batch, BooleanSupplier isCancelled) {
        return pass(batch, 0, false, 0, isCancelled);
    }

    @Override
    public double lossAndGradients(PackedBatch batch, float scale, long dropoutSeed, BooleanSupplier isCancelled) {
        return pass(batch, scale, true, dropoutSeed, isCancelled);
    }

    private double pass(PackedBatch batch, float scale, boolean train, long seed, BooleanSupplier isCancelled) {
        double sum = 0;
        boolean[] kept = kept(train, seed);
        for (int t = batch.learned().nextSetBit(0); t >= 0; t = batch.learned().nextSetBit(t + 1)) {
            if (isCancelled.getAsBoolean()) {
                throw new CancellationException("the training was cancelled");
            }
            sum += token(batch.tokens()[t - 1], batch.tokens()[t], kept, train ? scale : 0);
        }
        return sum;
    }

    private boolean[] kept(boolean train, long seed) {
        boolean[] kept = new boolean[TOKENS * TOKENS];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < kept.length; i++) {
            kept[i] = !train || random.nextDouble() >= dropped;
        }
        return kept;
    }

    private double token(int before, int target, boolean[] kept, float scale) {
        double[] exponentials = new double[TOKENS];
        double sum = 0;
        for (int i = 0; i < TOKENS; i++) {
            int at = before * TOKENS + i;
            exponentials[i] = Math.exp((kept[at] ? weight.values()[at] : 0) + bias.values()[i]);
            sum += exponentials[i];
        }
        for (int i = 0; i < TOKENS; i++) {
            int at = before * TOKENS + i;
            float gradient = (float) (scale * (exponentials[i] / sum - (i == target ? 1 : 0)));
            weight.gradient()[at] += kept[at] ? gradient : 0;
            bias.gradient()[i] += gradient;
        }
        return Math.log(sum) - Math.log(exponentials[target]);
    }

    /** Steps of so many batches each, of two sequences of a language in which a token is mostly followed by the next. */
    static BatchSource batches(int steps, int batchesPerStep, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<List<PackedBatch>> list = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            List<PackedBatch> batches = new ArrayList<>();
            for (int i = 0; i < batchesPerStep; i++) {
                batches.add(PackedBatch.of(List.of(example(random), example(random))));
            }
            list.add(batches);
        }
        return BatchSource.of(list);
    }

    static TrainingExample example(SplittableRandom random) {
        int[] tokens = new int[random.nextInt(4, 30)];
        tokens[0] = random.nextInt(TOKENS);
        for (int i = 1; i < tokens.length; i++) {
            tokens[i] = random.nextDouble() < 0.7 ? (tokens[i - 1] + 1) % TOKENS : random.nextInt(TOKENS);
        }
        BitSet learned = new BitSet();
        learned.set(random.nextInt(1, tokens.length), tokens.length);
        return new TrainingExample(tokens, learned);
    }
}

package dev.caravan.engine.train.dataset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * One epoch's batches: all examples shuffled by the seed, window after window packed by first-fit decreasing (the longest
 * first, each into the first batch that has room), and the window's batches shuffled again, since the first ones hold the
 * long examples. Every example stands in exactly one batch. Immutable.
 */
public final class Packing {

    private final List<int[]> batches;
    private final PackingStatistics statistics;

    private Packing(List<int[]> batches, PackingStatistics statistics) {
        this.batches = batches;
        this.statistics = statistics;
    }

    /**
     * Packs; only the examples' lengths are looked at.
     *
     * @param epoch gives each epoch an order of its own
     * @throws IllegalArgumentException if an example is longer than a batch
     */
    public static Packing plan(ExampleSet examples, PackingOptions options, int epoch) {
        SeededOrder order = SeededOrder.of(options.seed(), epoch);
        int[] shuffled = order.shuffled(examples.size());
        List<int[]> batches = new ArrayList<>();
        for (int from = 0; from < shuffled.length; from += options.window()) {
            int to = Math.min(shuffled.length, from + options.window());
            List<Bin> bins = firstFitDecreasing(Arrays.copyOfRange(shuffled, from, to), examples, options);
            for (int bin : order.shuffled(bins.size())) {
                batches.add(bins.get(bin).indices());
            }
        }
        return new Packing(List.copyOf(batches), statistics(batches, examples));
    }

    private static List<Bin> firstFitDecreasing(int[] window, ExampleSet examples, PackingOptions options) {
        List<Integer> longestFirst = new ArrayList<>();
        Arrays.stream(window).forEach(longestFirst::add);
        // The sort is stable: among equal lengths the shuffle decides.
        longestFirst.sort(Comparator.comparingInt((Integer index) -> -examples.tokens(index)));
        List<Bin> bins = new ArrayList<>();
        for (int index : longestFirst) {
            int tokens = examples.tokens(index);
            if (tokens > options.tokensPerBatch()) {
                throw new IllegalArgumentException(
                        "example %d has %d tokens, a batch %d; allow more tokens for a batch, or shorter examples"
                                .formatted(index, tokens, options.tokensPerBatch()));
            }
            Bin bin = bins.stream()
                    .filter(candidate -> candidate.tokens + tokens <= options.tokensPerBatch())
                    .findFirst()
                    .orElse(null);
            if (bin == null) {
                bin = new Bin();
                bins.add(bin);
            }
            bin.add(index, tokens);
        }
        return bins;
    }

    private static PackingStatistics statistics(List<int[]> batches, ExampleSet examples) {
        long tokens = 0;
        long learned = 0;
        long padded = 0;
        for (int[] batch : batches) {
            int longest = 0;
            for (int index : batch) {
                tokens += examples.tokens(index);
                learned += examples.learnedTokens(index);
                longest = Math.max(longest, examples.tokens(index));
            }
            padded += (long) longest * batch.length;
        }
        return new PackingStatistics(examples.size(), batches.size(), tokens, learned, padded);
    }

    /** The number of batches. */
    public int size() {
        return batches.size();
    }

    /** The indices of a batch's examples, in their order. */
    public int[] indices(int batch) {
        return batches.get(batch).clone();
    }

    /**
     * A batch.
     *
     * @param examples the set that was planned for
     */
    public PackedBatch batch(int batch, ExampleSet examples) {
        return PackedBatch.of(
                Arrays.stream(batches.get(batch)).mapToObj(examples::example).toList());
    }

    public PackingStatistics statistics() {
        return statistics;
    }

    /** A batch that is being filled. */
    private static final class Bin {
        private final List<Integer> examples = new ArrayList<>();
        private int tokens;

        void add(int example, int length) {
            examples.add(example);
            tokens += length;
        }

        int[] indices() {
            return examples.stream().mapToInt(Integer::intValue).toArray();
        }
    }
}

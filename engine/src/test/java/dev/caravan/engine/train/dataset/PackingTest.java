package dev.caravan.engine.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every example once, no batch too full, the same by the same seed: over random lengths, and by hand. */
class PackingTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 20_261_124})
    void everyExampleStandsInExactlyOneBatchWithinItsBudget(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ExampleSet examples = examples(random, random.nextInt(1, 3000), 200);
        PackingOptions options = new PackingOptions(256, random.nextInt(1, 1500), seed);

        Packing packing = Packing.plan(examples, options, 0);

        TreeSet<Integer> seen = new TreeSet<>();
        for (int i = 0; i < packing.size(); i++) {
            PackedBatch batch = packing.batch(i, examples);
            assertThat(batch.tokens().length).isBetween(2, 256);
            int[] indices = packing.indices(i);
            for (int s = 0; s < batch.sequences(); s++) {
                requireEqual(batch, s, examples.example(indices[s]));
                assertThat(seen.add(indices[s]))
                        .as("example %d twice", indices[s])
                        .isTrue();
            }
        }
        assertThat(seen).hasSize(examples.size());
        PackingStatistics statistics = packing.statistics();
        assertThat(statistics.examples()).isEqualTo(examples.size());
        assertThat(statistics.tokens()).isEqualTo(sum(examples, false));
        assertThat(statistics.learnedTokens()).isEqualTo(sum(examples, true));
        assertThat(statistics.paddingSaved()).isNotNegative();
    }

    private static void requireEqual(PackedBatch batch, int sequence, TrainingExample example) {
        int start = batch.starts()[sequence];
        assertThat(batch.end(sequence) - start).isEqualTo(example.tokens().length);
        for (int t = 0; t < example.tokens().length; t++) {
            assertThat(batch.tokens()[start + t]).isEqualTo(example.tokens()[t]);
            assertThat(batch.positions()[start + t]).isEqualTo(t);
            assertThat(batch.learned().get(start + t))
                    .isEqualTo(example.learned().get(t));
        }
    }

    @Test
    void theSameSeedGivesTheSameBatchesAndAnotherEpochOthers() {
        ExampleSet examples = examples(new SplittableRandom(7), 500, 100);
        PackingOptions options = new PackingOptions(256, 128, 42);
        List<List<Integer>> first = indices(Packing.plan(examples, options, 0));

        assertThat(indices(Packing.plan(examples, options, 0))).isEqualTo(first);
        assertThat(indices(Packing.plan(examples, options, 1))).isNotEqualTo(first);
        assertThat(indices(Packing.plan(examples, new PackingOptions(256, 128, 43), 0)))
                .isNotEqualTo(first);
    }

    /** The order is part of what makes a run repeatable: a change of it must not slip in. */
    @Test
    void theOrderIsTheOneThatItAlwaysWas() {
        assertThat(new SeededOrder(42).shuffled(8)).containsExactly(ORDER_OF_42);
    }

    private static final int[] ORDER_OF_42 = {4, 6, 1, 0, 2, 5, 7, 3};

    @Test
    void batchesAreNearlyFullWhereLengthsAreUneven() {
        ExampleSet examples = examples(new SplittableRandom(11), 5000, 250);
        Packing packing = Packing.plan(examples, new PackingOptions(512, 42), 0);
        assertThat(packing.statistics().fill(512)).isGreaterThan(0.98);
    }

    @Test
    void longestFirstFillsGaps() {
        ExampleSet examples = ExampleSet.of(List.of(example(2), example(9), example(3), example(7), example(5)));
        Packing packing = Packing.plan(examples, new PackingOptions(10, 8, 1), 0);
        assertThat(packing.size()).isEqualTo(3);
        assertThat(indices(packing)).containsExactlyInAnyOrder(List.of(1), List.of(3, 2), List.of(4, 0));
        assertThat(packing.statistics()).isEqualTo(new PackingStatistics(5, 3, 26, 21, 9 + 14 + 10));
    }

    @Test
    void refusesWhatDoesNotFitAndWhatIsNoSequence() {
        ExampleSet examples = ExampleSet.of(List.of(example(3), example(11)));
        assertThatThrownBy(() -> Packing.plan(examples, new PackingOptions(10, 1), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("example 1 has 11 tokens, a batch 10");
        BitSet first = new BitSet();
        first.set(0);
        assertThatThrownBy(() -> new TrainingExample(new int[] {5, 6}, first))
                .hasMessageContaining("the first token cannot be learned");
        BitSet behind = new BitSet();
        behind.set(2);
        assertThatThrownBy(() -> new TrainingExample(new int[] {5, 6}, behind))
                .hasMessageContaining("token 2 is marked as learned, but there are 2");
        assertThat(Packing.plan(ExampleSet.of(List.of()), new PackingOptions(10, 1), 0)
                        .size())
                .isZero();
    }

    private static List<List<Integer>> indices(Packing packing) {
        List<List<Integer>> batches = new ArrayList<>();
        for (int i = 0; i < packing.size(); i++) {
            List<Integer> batch = new ArrayList<>();
            for (int index : packing.indices(i)) {
                batch.add(index);
            }
            batches.add(batch);
        }
        return batches;
    }

    private static long sum(ExampleSet examples, boolean learned) {
        long sum = 0;
        for (int i = 0; i < examples.size(); i++) {
            sum += learned ? examples.learnedTokens(i) : examples.tokens(i);
        }
        return sum;
    }

    private static ExampleSet examples(SplittableRandom random, int count, int longest) {
        List<TrainingExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] tokens = random.ints(random.nextInt(2, longest + 1), 0, 1000).toArray();
            BitSet learned = new BitSet();
            learned.set(random.nextInt(1, tokens.length), tokens.length);
            examples.add(new TrainingExample(tokens, learned));
        }
        return ExampleSet.of(examples);
    }

    private static TrainingExample example(int length) {
        BitSet learned = new BitSet();
        learned.set(1, length);
        return new TrainingExample(new int[length], learned);
    }
}

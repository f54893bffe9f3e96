package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.train.dataset.ExampleSet;
import dev.caravan.engine.train.dataset.PackedBatch;
import dev.caravan.engine.train.dataset.TrainingExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DatasetBatchesTest {
    private static final TrainingConfig CONFIG = TrainingConfig.DEFAULT
            .with()
            .maxLength(32)
            .tokensPerBatch(64)
            .gradientAccumulationSteps(4)
            .numTrainEpochs(3)
            .build();

    private final ExampleSet examples = examples(100, 1);

    @Test
    void everyEpochHasEveryExampleOnceInAnOrderOfItsOwn() {
        DatasetBatches batches = DatasetBatches.training(examples, "a", CONFIG);
        List<List<Integer>> epochs = new ArrayList<>(List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>()));
        for (int step = 0; step < batches.steps(); step++) {
            List<PackedBatch> list = batches.batches(step);
            assertThat(list).hasSizeBetween(1, 4);
            int epoch = (int) Math.ceil(batches.epochs(step + 1)) - 1;
            assertThat(list.size() == 4 || batches.epochs(step + 1) == epoch + 1)
                    .isTrue();
            for (PackedBatch batch : list) {
                assertThat(batch.tokens().length).isLessThanOrEqualTo(64);
                for (int start : batch.starts()) {
                    epochs.get(epoch).add(batch.tokens()[start]);
                }
            }
        }

        assertThat(batches.epochs(batches.steps())).isEqualTo(3);
        for (List<Integer> epoch : epochs) {
            assertThat(epoch)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 100).boxed().toList());
        }
        assertThat(epochs.get(0)).isNotEqualTo(epochs.get(1));
        assertThat(epochs.get(1)).isNotEqualTo(epochs.get(2));
    }

    @Test
    void aStepIsTheSameInWhateverOrderStepsAreAskedFor() {
        DatasetBatches forwards = DatasetBatches.training(examples, "a", CONFIG);
        DatasetBatches backwards = DatasetBatches.training(examples, "a", CONFIG);
        List<int[]> expected = IntStream.range(0, forwards.steps())
                .mapToObj(step -> forwards.batches(step).getFirst().tokens())
                .toList();

        for (int step = backwards.steps() - 1; step >= 0; step--) {
            assertThat(backwards.batches(step).getFirst().tokens()).isEqualTo(expected.get(step));
        }
        assertThatThrownBy(() -> forwards.batches(forwards.steps())).hasMessageContaining("step ");
    }

    @Test
    void maxStepsGoBeforeEpochsAndAFractionOfAnEpochIsRoundedUp() {
        int perEpoch = DatasetBatches.training(
                        examples, "a", CONFIG.with().numTrainEpochs(1).build())
                .steps();

        assertThat(steps(CONFIG.with().maxSteps(5).build())).isEqualTo(5);
        assertThat(steps(CONFIG.with().maxSteps(1000).build())).isEqualTo(1000);
        assertThat(steps(CONFIG.with().numTrainEpochs(0.3).build())).isEqualTo((int) Math.ceil(0.3 * perEpoch));
        assertThat(DatasetBatches.training(
                                examples, "a", CONFIG.with().numTrainEpochs(0.5).build())
                        .epochs(1))
                .isCloseTo(1.0 / perEpoch, within(1e-12));
        assertThat(steps(CONFIG.with().numTrainEpochs(1.01).build())).isEqualTo(perEpoch + 1);
    }

    @Test
    void whatIsHeldOutPassesOnceBatchByBatch() {
        DatasetBatches batches = DatasetBatches.heldOut(examples, "a", CONFIG);
        int sequences = 0;
        for (int step = 0; step < batches.steps(); step++) {
            assertThat(batches.batches(step)).hasSize(1);
            sequences += batches.batches(step).getFirst().sequences();
        }

        assertThat(sequences).isEqualTo(100);
        assertThat(DatasetBatches.heldOut(examples(0, 1), "a", CONFIG).steps()).isZero();
    }

    @Test
    void theHashNamesTheFileAndTheSplit() {
        String hash = DatasetBatches.training(examples, "a", CONFIG).hash();

        assertThat(DatasetBatches.training(examples(100, 1), "a", CONFIG).hash())
                .isEqualTo(hash);
        assertThat(DatasetBatches.training(examples, "b", CONFIG).hash()).isNotEqualTo(hash);
        assertThat(DatasetBatches.training(examples(99, 1), "a", CONFIG).hash()).isNotEqualTo(hash);
        assertThat(DatasetBatches.training(examples(100, 2), "a", CONFIG).hash())
                .isNotEqualTo(hash);
    }

    @Test
    void nothingToTrainOnAndTooManyStepsAreRefused() {
        assertThatThrownBy(() -> DatasetBatches.training(examples(0, 1), "a", CONFIG))
                .hasMessage("there is no example to train on; give a larger file, or hold out less");
        assertThatThrownBy(() -> steps(CONFIG.with()
                        .numTrainEpochs(10_000)
                        .gradientAccumulationSteps(1)
                        .build()))
                .hasMessage("10000.0 epochs are more than 100000 steps; set maxSteps, or a higher "
                        + "gradientAccumulationSteps");
    }

    private int steps(TrainingConfig config) {
        return DatasetBatches.training(examples, "a", config).steps();
    }

    /** Each example's first token is its index. */
    private static ExampleSet examples(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<TrainingExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            TrainingExample example = BigramLoss.example(random);
            int[] tokens = Arrays.copyOf(example.tokens(), example.tokens().length);
            tokens[0] = i;
            examples.add(new TrainingExample(tokens, example.learned()));
        }
        return ExampleSet.of(examples);
    }
}

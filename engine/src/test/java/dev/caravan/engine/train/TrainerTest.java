package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import dev.caravan.engine.train.TrainingResult.End;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop on a convex problem: what it computes, when it looks at held-out data, and how it ends. */
class TrainerTest {
    private static final TrainingConfig CONFIG = TrainingConfig.DEFAULT
            .with()
            .learningRate(0.05)
            .lrSchedulerType(LrSchedulerType.COSINE)
            .warmupRatio(0.1)
            .weightDecay(0.01)
            .saveSteps(5)
            .build();

    @TempDir
    Path folder;

    private final BigramLoss loss = new BigramLoss();
    private final TrainingRecording recording = new TrainingRecording();

    @Test
    void theLossFallsAndEveryStepIsTold() {
        TrainingResult result = trainer(CONFIG, 60, 2).train(() -> false);

        assertThat(result.end()).isEqualTo(End.COMPLETED);
        assertThat(result.adapterStep()).isEqualTo(60);
        assertThat(result.steps()).isEqualTo(recording.steps).hasSize(60);
        assertThat(recording.ends).containsExactly(result);
        TrainingStep first = result.steps().getFirst();
        assertThat(first.loss()).isCloseTo(Math.log(BigramLoss.TOKENS), within(0.3));
        assertThat(first.learningRate()).isZero();
        assertThat(first.remainingSteps()).isEqualTo(59);
        assertThat(first.learnedTokens()).isPositive().isLessThan(first.tokens());
        assertThat(first.tokensPerSecond()).isPositive();
        assertThat(first.peakMemoryBytes()).isGreaterThan(10_000_000);
        assertThat(first.epoch()).isEqualTo(1.0 / 60);
        assertThat(result.steps().getLast().loss()).isLessThan(1.9);
        assertThat(result.steps().getLast().epoch()).isEqualTo(1);
    }

    @Test
    void aStepIsClippingAndAdamWOnTheMeanOverAllLearnedTokensOfItsBatches() {
        BatchSource source = BigramLoss.batches(1, 3, 7);
        TrainingConfig config = CONFIG.with()
                .lrSchedulerType(LrSchedulerType.CONSTANT)
                .maxGradNorm(0.1)
                .build();
        BigramLoss reference = new BigramLoss();
        int learned =
                source.batches(0).stream().mapToInt(PackedBatch::learnedTokens).sum();
        double sum = 0;
        for (int i = 0; i < 3; i++) {
            long seed = TrainingRun.dropoutSeed(42, 0, i);
            sum += reference.lossAndGradients(source.batches(0).get(i), 1f / learned, seed, () -> false);
        }
        Gradients gradients = new Gradients(reference.tensors());
        double norm = gradients.norm();
        gradients.clip(norm, 0.1);
        new AdamW(reference.tensors(), config.optimizer()).step(0.05);

        new Trainer(loss, TrainingBatches.of(source), config, folder, recording).train(() -> false);

        assertThat(recording.steps.getFirst().loss()).isEqualTo(sum / learned);
        assertThat(recording.steps.getFirst().gradientNorm()).isEqualTo(norm).isGreaterThan(0.1);
        assertSameValues(loss, reference);
    }

    @Test
    void tokensCountAlikeHoweverTheyAreBatched() {
        PackedBatch both = BigramLoss.batches(1, 1, 3).batches(0).getFirst();
        List<PackedBatch> apart = Stream.of(0, 1).map(i -> sequence(both, i)).toList();
        TrainingConfig config =
                CONFIG.with().lrSchedulerType(LrSchedulerType.CONSTANT).build();
        TrainingRecording together = new TrainingRecording();
        BigramLoss reference = new BigramLoss("base-a", 0);
        new Trainer(reference, fixed(List.of(both)), config, folder.resolve("a"), together).train(() -> false);
        BigramLoss split = new BigramLoss("base-a", 0);

        new Trainer(split, fixed(apart), config, folder.resolve("b"), recording).train(() -> false);

        assertThat(apart.get(0).learnedTokens()).isNotEqualTo(apart.get(1).learnedTokens());
        TrainingStep expected = together.steps.getFirst();
        assertThat(recording.steps.getFirst().loss()).isCloseTo(expected.loss(), within(1e-12));
        assertThat(recording.steps.getFirst().gradientNorm()).isCloseTo(expected.gradientNorm(), within(1e-6));
    }

    @Test
    void heldOutLossesAreTakenOnTimeAndTheBestAdapterIsTheResult() {
        // The held-out losses are told to get worse after step 8.
        int[] evaluations = {0};
        FaultyLoss worsening = new FaultyLoss(
                loss,
                (call, sum, tensors) -> sum,
                (call, sum, tensors) -> call <= 8 ? sum - call : sum + evaluations[0]++);
        TrainingConfig config =
                CONFIG.with().evalSteps(4).saveSteps(0).loadBestModelAtEnd(true).build();

        TrainingResult result = new Trainer(worsening, heldOut(18), config, folder, recording).train(() -> false);

        assertThat(recording.evaluations.stream().map(TrainingEvaluation::step)).containsExactly(4, 8, 12, 16, 18);
        assertThat(recording.evaluations.stream().map(TrainingEvaluation::isBest))
                .containsExactly(true, true, false, false, false);
        assertThat(recording.checkpoints).containsExactly(4, 8, 18);
        assertThat(result.best().orElseThrow().step()).isEqualTo(8);
        assertThat(result.adapterStep()).isEqualTo(8);
        assertThat(result.bestCheckpoint()).isEqualTo(folder.resolve("checkpoint-8.safetensors"));
        assertThat(result.lastCheckpoint()).isEqualTo(folder.resolve("checkpoint-18.safetensors"));
        BigramLoss best = new BigramLoss();
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(folder.resolve("checkpoint-8.safetensors"))) {
            checkpoint.copyValues(best.tensors());
        }
        assertSameValues(loss, best);
    }

    @Test
    void trainingStopsWhenItsPatienceIsOut() {
        FaultyLoss worsening = new FaultyLoss(
                loss, (call, sum, tensors) -> sum, (call, sum, tensors) -> call == 8 ? sum - 10 : sum + call);
        // Two held-out losses in a row are worse, then one is the best, then all are worse.
        TrainingConfig config =
                CONFIG.with().evalSteps(2).earlyStoppingPatience(3).build();

        TrainingResult result = new Trainer(worsening, heldOut(40), config, folder, recording).train(() -> false);

        assertThat(result.end()).isEqualTo(End.STOPPED_EARLY);
        assertThat(result.steps()).hasSize(14);
        assertThat(result.adapterStep()).isEqualTo(14);
        assertThat(result.lastCheckpoint()).isEqualTo(folder.resolve("checkpoint-14.safetensors"));
    }

    @Test
    void theLastTwoCheckpointsAndTheBestStay() throws Exception {
        FaultyLoss worsening =
                new FaultyLoss(loss, (call, sum, tensors) -> sum, (call, sum, tensors) -> call <= 4 ? sum : sum + 100);

        new Trainer(
                        worsening,
                        heldOut(20),
                        CONFIG.with().evalSteps(4).saveSteps(3).build(),
                        folder,
                        recording)
                .train(() -> false);

        assertThat(recording.checkpoints).containsExactly(3, 4, 6, 9, 12, 15, 18, 20);
        assertThat(names())
                .containsExactly("checkpoint-18.safetensors", "checkpoint-20.safetensors", "checkpoint-4.safetensors");
    }

    @Test
    void cancellingWithinAStepLeavesTheLastWholeStepAndACheckpointOfIt() {
        AtomicInteger asked = new AtomicInteger();
        BigramLoss reference = new BigramLoss();
        new Trainer(reference, fixedSteps(40), CONFIG, folder.resolve("whole"), new TrainingListener() {
                    @Override
                    public void onStep(TrainingStep step) {
                        recording.onStep(step);
                    }
                })
                .train(() -> recording.steps.size() == 7);
        recording.steps.clear();

        // After the seventh step it is asked some more times before it says yes: within the eighth step's second batch.
        TrainingResult result = new Trainer(loss, fixedSteps(40), CONFIG, folder.resolve("cut"), recording)
                .train(() -> recording.steps.size() == 7 && asked.incrementAndGet() > 40);

        assertThat(result.end()).isEqualTo(End.CANCELLED);
        assertThat(result.steps()).hasSize(7);
        assertThat(asked.get()).isEqualTo(41);
        assertThat(result.lastCheckpoint()).isEqualTo(folder.resolve("cut/checkpoint-7.safetensors"));
        assertSameValues(loss, reference);
    }

    @Test
    void aLossOrGradientThatIsNoNumberIsNotApplied() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertStoppedInStep8("loss", wrong, new FaultyLoss(loss, (call, sum, tensors) -> call == 15 ? wrong : sum));
            assertStoppedInStep8("gradient's norm", wrong, new FaultyLoss(loss, (call, sum, tensors) -> {
                if (call == 14) {
                    tensors.getFirst().gradient()[3] = wrong;
                }
                return sum;
            }));
        }
    }

    private void assertStoppedInStep8(String what, float wrong, LossFunction faulty) {
        Path checkpoints = folder.resolve(what + wrong);
        List<float[]> before = new ArrayList<>();
        TrainingFailedException failure = catchThrowableOfType(
                TrainingFailedException.class,
                () -> new Trainer(faulty, fixedSteps(40), CONFIG, checkpoints, new TrainingListener() {
                            @Override
                            public void onStep(TrainingStep step) {
                                before.clear();
                                faulty.tensors()
                                        .forEach(tensor ->
                                                before.add(tensor.values().clone()));
                            }
                        })
                        .train(() -> false));

        assertThat(failure)
                .hasMessage("in step 8 the %s is %s, so the step was not made and training stopped; train anew with a "
                                .formatted(what, (double) wrong)
                        + "lower learning rate than 0.05; the last good checkpoint is "
                        + checkpoints.resolve("checkpoint-5.safetensors"));
        assertThat(failure.step()).isEqualTo(8);
        assertThat(failure.lastCheckpoint()).contains(checkpoints.resolve("checkpoint-5.safetensors"));
        for (int i = 0; i < before.size(); i++) {
            assertThat(faulty.tensors().get(i).values()).isEqualTo(before.get(i));
        }
    }

    @Test
    void aLossThatStaysFarAboveTheFirstStopsTheTraining() {
        // From step 9 on; one batch to a step. Step 4 alone is an outlier.
        FaultyLoss exploding = new FaultyLoss(loss, (call, sum, tensors) -> call >= 8 || call == 3 ? sum + 1000 : sum);
        TrainingConfig config = CONFIG.with().saveSteps(2).build();

        assertThatThrownBy(() -> new Trainer(
                                exploding, TrainingBatches.of(BigramLoss.batches(40, 1, 1)), config, folder, recording)
                        .train(() -> false))
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageMatching(
                        "the loss is \\d+(\\.\\d+)? in step 13 and was 2\\.\\d+ in the first one, so training "
                                + "stopped; train anew with a lower learning rate than 0.05; the last good checkpoint is .*"
                                + "checkpoint-8.safetensors");
        assertThat(recording.steps).hasSize(13);
        assertThat(recording.checkpoints).containsExactly(2, 6, 8);
    }

    @Test
    void aHeldOutLossThatIsNoNumberStopsTheTraining() {
        FaultyLoss faulty =
                new FaultyLoss(loss, (call, sum, tensors) -> sum, (call, sum, tensors) -> call < 6 ? sum : Double.NaN);

        assertThatThrownBy(() -> new Trainer(
                                faulty,
                                heldOut(20),
                                CONFIG.with().evalSteps(3).saveSteps(0).build(),
                                folder,
                                recording)
                        .train(() -> false))
                .hasMessageStartingWith("after step 6 the held-out loss is NaN, so training stopped;")
                .hasMessageEndingWith("checkpoint-3.safetensors");
    }

    @Test
    void anAdapterBeyondFloatsIsNotSaved() {
        FaultyLoss faulty = new FaultyLoss(loss, (call, sum, tensors) -> {
            if (call == 4) {
                tensors.getFirst().values()[2] = Float.NEGATIVE_INFINITY;
            }
            return sum;
        });

        assertThatThrownBy(() -> new Trainer(
                                faulty,
                                TrainingBatches.of(BigramLoss.batches(20, 1, 1)),
                                CONFIG.with().saveSteps(5).build(),
                                folder,
                                recording)
                        .train(() -> false))
                .hasMessageContaining("after step 5 the adapter holds")
                .hasMessageEndingWith("there is no checkpoint from before");
    }

    @Test
    void aFolderWithCheckpointsIsNotTrainedOverAndNotShared() {
        trainer(CONFIG, 5, 1).train(() -> false);

        assertThatThrownBy(() -> trainer(CONFIG, 5, 1).train(() -> false))
                .hasMessage(
                        folder + " holds checkpoints of another training; resume that one, or choose an empty folder");
        try (CheckpointFolder taken = CheckpointFolder.open(folder)) {
            assertThat(taken.steps()).containsExactly(5);
            taken.requireRoom(1000);
            assertThatThrownBy(() -> taken.requireRoom(1_000_000_000_000_000L))
                    .hasMessageMatching("the checkpoints need 3000000000 MB in .* and \\d+ MB are free; make room or "
                            + "choose another folder");
            assertThatThrownBy(() -> trainer(CONFIG, 5, 1).resume(() -> false))
                    .hasMessage("another training writes its checkpoints into " + folder
                            + "; wait for its end, or choose another folder");
        }
    }

    private Trainer trainer(TrainingConfig config, int steps, int batchesPerStep) {
        return new Trainer(
                loss, TrainingBatches.of(BigramLoss.batches(steps, batchesPerStep, 1)), config, folder, recording);
    }

    private static TrainingBatches fixedSteps(int steps) {
        return TrainingBatches.of(BigramLoss.batches(steps, 2, 1));
    }

    private static TrainingBatches heldOut(int steps) {
        return new TrainingBatches(BigramLoss.batches(steps, 1, 1), BigramLoss.batches(3, 1, 99));
    }

    private static TrainingBatches fixed(List<PackedBatch> step) {
        return TrainingBatches.of(BatchSource.of(List.of(step)));
    }

    private static PackedBatch sequence(PackedBatch batch, int number) {
        int from = batch.starts()[number];
        int to = batch.end(number);
        return new PackedBatch(
                Arrays.copyOfRange(batch.tokens(), from, to),
                Arrays.copyOfRange(batch.positions(), from, to),
                new int[] {0},
                batch.learned().get(from, to));
    }

    private List<String> names() throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(".lock"))
                    .sorted()
                    .toList();
        }
    }

    static void assertSameValues(LossFunction actual, LossFunction expected) {
        for (int i = 0; i < expected.tensors().size(); i++) {
            assertThat(actual.tensors().get(i).values())
                    .isEqualTo(expected.tensors().get(i).values());
        }
    }
}

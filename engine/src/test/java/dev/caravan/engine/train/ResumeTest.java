package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import dev.caravan.engine.train.TrainingResult.End;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A training that was cut off anywhere ends with the bytes of one that was not. The last checkpoint holds the adapter, the
 * optimiser, all losses: its file is compared as a whole.
 */
class ResumeTest {
    private static final int STEPS = 10;
    private static final TrainingConfig CONFIG = TrainingConfig.DEFAULT
            .with()
            .learningRate(0.05)
            .lrSchedulerType(LrSchedulerType.COSINE)
            .warmupSteps(2)
            .weightDecay(0.01)
            .saveSteps(5)
            .evalSteps(2)
            .loadBestModelAtEnd(true)
            .build();

    @TempDir
    Path folder;

    private final BigramLoss expected = new BigramLoss();
    private Path whole = Path.of("");
    private Path cut = Path.of("");

    @BeforeEach
    void trainWithoutInterruption() {
        whole = folder.resolve("whole");
        cut = folder.resolve("cut");
        trainer(expected, whole, TrainingListener.NONE).train(() -> false);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 5, 9})
    void resumingAfterAnyStepGivesTheBytesOfAnUninterruptedRun(int stop) {
        TrainingRecording recording = new TrainingRecording();
        trainer(new BigramLoss(), cut, recording).train(() -> recording.steps.size() == stop);
        assertThat(recording.ends.getFirst().end()).isEqualTo(End.CANCELLED);

        assertResumes();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 60, 150, 400})
    void resumingAfterAnyQuestionWhetherToStopGivesTheBytesOfAnUninterruptedRun(int question) {
        AtomicInteger asked = new AtomicInteger();
        TrainingResult result =
                trainer(new BigramLoss(), cut, TrainingListener.NONE).train(() -> asked.incrementAndGet() >= question);
        assertThat(result.end()).isEqualTo(End.CANCELLED);

        assertResumes();
    }

    @Test
    void aHeldOutLossThatWasCutOffIsTakenFirst() {
        TrainingRecording recording = new TrainingRecording();
        AtomicInteger asked = new AtomicInteger();
        // The second question after the fourth step is asked within its held-out loss.
        TrainingResult result = trainer(new BigramLoss(), cut, recording)
                .train(() -> recording.steps.size() == 4 && asked.incrementAndGet() == 2);
        assertThat(result.steps()).hasSize(4);
        assertThat(result.evaluations()).hasSize(1);

        TrainingResult resumed = assertResumes();
        assertThat(resumed.evaluations().stream().map(TrainingEvaluation::step)).containsExactly(2, 4, 6, 8, 10);
    }

    @Test
    void resumingAFinishedTrainingChangesNothing() {
        assertThat(trainer(new BigramLoss(), cut, TrainingListener.NONE)
                        .resume(() -> false)
                        .end())
                .isEqualTo(End.COMPLETED);

        TrainingResult again = assertResumes();
        assertThat(again.steps()).hasSize(STEPS);
        assertThat(again.steps().getFirst().loss()).isPositive();
        assertThat(again.best().orElseThrow().step()).isEqualTo(again.adapterStep());
    }

    @Test
    void whatAKilledWriterLeftBehindIsIgnoredAndRemoved() throws Exception {
        byte[] last = Files.readAllBytes(whole.resolve("checkpoint-10.safetensors"));
        stopAfterStep5();
        for (int part = 0; part <= 20; part++) {
            byte[] beginning = Arrays.copyOf(last, last.length * part / 20);
            Files.write(cut.resolve(".checkpoint-10.safetensors.4711-%d.part".formatted(part)), beginning);
        }
        Files.writeString(cut.resolve("notes.txt"), "mine");

        assertResumes();
        try (Stream<Path> files = Files.list(cut)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("notes.txt", "checkpoint-10.safetensors")
                    .noneMatch(name -> name.endsWith(".part"));
        }
    }

    @Test
    void aWriterKilledBeforeItCouldRemoveOldCheckpointsIsNoTrouble() throws Exception {
        stopAfterStep5();
        for (String old : new String[] {"checkpoint-1.safetensors", "checkpoint-3.safetensors"}) {
            Files.copy(cut.resolve("checkpoint-5.safetensors"), cut.resolve(old));
        }

        assertResumes();
        assertThat(cut.resolve("checkpoint-1.safetensors")).doesNotExist();
        assertThat(cut.resolve("checkpoint-3.safetensors")).doesNotExist();
    }

    @Test
    void aDamagedCheckpointIsPassedOver() throws Exception {
        stopAfterStep5();
        byte[] sound = Files.readAllBytes(whole.resolve("checkpoint-10.safetensors"));
        byte[] changed = sound.clone();
        changed[changed.length - 7] ^= 1;
        Files.write(cut.resolve("checkpoint-9.safetensors"), changed);
        Files.write(cut.resolve("checkpoint-8.safetensors"), Arrays.copyOf(sound, sound.length / 2));
        Files.write(cut.resolve("checkpoint-7.safetensors"), new byte[0]);

        assertThatThrownBy(() -> TrainingCheckpoint.open(cut.resolve("checkpoint-9.safetensors")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("checkpoint-9.safetensors: its checksum is wrong; take an earlier checkpoint");
        assertResumes();
    }

    @Test
    void otherDataOtherSettingsOrAnotherBaseAreRefusedByName() {
        stopAfterStep5();
        TrainingBatches batches = batches();
        String end = "; resume with what it was made with, or train anew in an empty folder";

        assertRefused(
                new BigramLoss("base-b", BigramLoss.DROPPED),
                batches,
                CONFIG,
                "checkpoint-5.safetensors was made with the base model base-a, now it is base-b" + end);
        assertRefused(
                new BigramLoss(),
                batches,
                CONFIG.with().learningRate(0.04).build(),
                "checkpoint-5.safetensors was made with learningRate 0.05, now it is 0.04" + end);
        String data = batches.training().hash().substring(0, 16);
        BatchSource other = BigramLoss.batches(STEPS, 2, 77);
        assertRefused(
                new BigramLoss(),
                new TrainingBatches(other, batches.heldOut()),
                CONFIG,
                "checkpoint-5.safetensors was made with the training data %s..., now it is %s...%s"
                        .formatted(data, other.hash().substring(0, 16), end));
        assertRefused(
                new BigramLoss(),
                new TrainingBatches(batches.training(), other),
                CONFIG,
                "checkpoint-5.safetensors was made with the held-out data");
        assertResumes();
    }

    private void assertRefused(LossFunction loss, TrainingBatches batches, TrainingConfig config, String message) {
        assertThatThrownBy(() -> new Trainer(loss, batches, config, cut, TrainingListener.NONE).resume(() -> false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void aFolderThatIsTakenAwayStopsTheTrainingAndCanBeResumedOnceItIsBack() throws Exception {
        TrainingRecording recording = new TrainingRecording() {
            @Override
            public void onStep(TrainingStep step) {
                super.onStep(step);
                if (step.step() == 6) { // its held-out loss is the best so far
                    moveAway();
                }
            }
        };
        TrainingFailedException failure = catchThrowableOfType(
                TrainingFailedException.class,
                () -> trainer(new BigramLoss(), cut, recording).train(() -> false));

        assertThat(failure.step()).isEqualTo(6);
        assertThat(failure)
                .hasMessage(
                        "the checkpoint of step 6, 1 MB, cannot be written (its folder is gone); make room and resume; "
                                + "there is no checkpoint from before");
        Files.move(folder.resolve("away"), cut);
        assertResumes();
    }

    private void moveAway() {
        try {
            Files.move(cut, folder.resolve("away"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void stopAfterStep5() {
        TrainingRecording recording = new TrainingRecording();
        trainer(new BigramLoss(), cut, recording).train(() -> recording.steps.size() == 5);
    }

    private TrainingResult assertResumes() {
        BigramLoss resumed = new BigramLoss();
        TrainingResult result = trainer(resumed, cut, TrainingListener.NONE).resume(() -> false);

        assertThat(result.end()).isEqualTo(End.COMPLETED);
        TrainerTest.assertSameValues(resumed, expected);
        assertThat(cut.resolve("checkpoint-10.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("checkpoint-10.safetensors"));
        return result;
    }

    private static Trainer trainer(LossFunction loss, Path checkpoints, TrainingListener listener) {
        return new Trainer(loss, batches(), CONFIG, checkpoints, listener);
    }

    private static TrainingBatches batches() {
        return new TrainingBatches(BigramLoss.batches(STEPS, 2, 1), BigramLoss.batches(3, 1, 99));
    }
}

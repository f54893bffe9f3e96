package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.TinyCheckpoint;
import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import dev.caravan.engine.train.TrainingResult.End;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole trainings of adapters on tiny models. */
class AdapterTrainingTest {
    private static final int MAX_TOKENS = 40;
    private static final int STEPS = 8;
    private static final TrainingConfig CONFIG = TrainingConfig.DEFAULT
            .with()
            .learningRate(0.01)
            .lrSchedulerType(LrSchedulerType.CONSTANT)
            .saveSteps(0)
            .build();

    @TempDir
    Path folder;

    private final Kernels kernels = KernelProvider.create(2);

    @AfterEach
    void close() {
        kernels.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama3", "midm", "gemma3", "qwen2", "qwen3"})
    void oneBatchIsLearnedByHeartAsFarAsTheFrozenOutputCanSayItAndTheBaseStaysAsItIs(String name) {
        try (Checkpoint checkpoint = open(name)) {
            Decoder decoder = Decoders.load(checkpoint);
            String before = bytes(checkpoint, decoder);
            LoraAdapter adapter = LoraAdapter.initial(LoraConfig.of(8, 16), decoder, 1);
            PackedBatch batch = TinyTraining.batch(decoder.config().vocabSize(), 3, 12);
            BatchSource source = BatchSource.of(Collections.nCopies(500, List.of(batch)));

            TrainingResult result = new Trainer(
                            pass(decoder, adapter),
                            TrainingBatches.of(source),
                            CONFIG,
                            folder.resolve("checkpoints"),
                            TrainingListener.NONE)
                    .train(() -> false);

            assertThat(result.steps().getFirst().loss()).isGreaterThan(3);
            double least = OutputFloor.of(decoder, kernels, batch);
            assertThat(result.steps().getLast().loss()).isLessThan(least + 0.01);
            assertThat(bytes(checkpoint, decoder)).isEqualTo(before);
        }
    }

    @Test
    void theSameSeedGivesTheSameAdapterAndAnotherOneAnother() {
        try (Checkpoint checkpoint = open("llama3")) {
            Decoder decoder = Decoders.load(checkpoint);
            String hash = trained(decoder, CONFIG, "a").hash();

            assertThat(trained(decoder, CONFIG, "b").hash()).isEqualTo(hash);
            assertThat(trained(decoder, CONFIG.with().seed(7).build(), "c").hash())
                    .isNotEqualTo(hash);
        }
    }

    private LoraAdapter trained(Decoder decoder, TrainingConfig config, String name) {
        LoraAdapter adapter = withDropout(decoder);
        trainer(decoder, adapter, config, name, TrainingListener.NONE).train(() -> false);
        return adapter;
    }

    @Test
    void aTrainingThatIsCancelledWithinAStepAndResumedGivesTheSameBits() {
        try (Checkpoint checkpoint = open("gemma3")) {
            Decoder decoder = Decoders.load(checkpoint);
            LoraAdapter whole = trained(decoder, CONFIG, "whole");
            LoraAdapter cut = withDropout(decoder);
            TrainingRecording recording = new TrainingRecording();
            AtomicInteger asked = new AtomicInteger();

            TrainingResult cancelled = trainer(decoder, cut, CONFIG, "cut", recording)
                    .train(() -> recording.steps.size() == 3 && asked.incrementAndGet() == 5);

            assertThat(cancelled.end()).isEqualTo(End.CANCELLED);
            assertThat(cancelled.steps()).hasSize(3);
            LoraAdapter again = withDropout(decoder);
            TrainingResult resumed =
                    trainer(decoder, again, CONFIG, "cut", recording).resume(() -> false);
            assertThat(resumed.end()).isEqualTo(End.COMPLETED);
            assertThat(recording.steps.stream().map(TrainingStep::step)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
            assertThat(again.hash()).isEqualTo(whole.hash()).isNotEqualTo(cut.hash());
            assertThat(folder.resolve("cut/checkpoint-8.safetensors"))
                    .hasSameBinaryContentAs(folder.resolve("whole/checkpoint-8.safetensors"));
        }
    }

    @Test
    void anotherBaseOrAnotherAdapterIsRefused() {
        try (Checkpoint checkpoint = open("llama3")) {
            Decoder decoder = Decoders.load(checkpoint);
            trained(decoder, CONFIG, "a");

            assertThatThrownBy(() -> trainer(
                                    decoder,
                                    withDropout(decoder).withBaseHash("b".repeat(64)),
                                    CONFIG,
                                    "a",
                                    TrainingListener.NONE)
                            .resume(() -> false))
                    .hasMessage(
                            "checkpoint-8.safetensors was made with the base model unknown, now it is bbbbbbbbbbbbbbbb"
                                    + "...; resume with what it was made with, or train anew in an empty folder");
            LoraAdapter larger = LoraAdapter.initial(LoraConfig.of(8, 8), decoder, 1);
            assertThatThrownBy(() -> trainer(decoder, larger, CONFIG, "a", TrainingListener.NONE)
                            .resume(() -> false))
                    .hasMessageStartingWith("checkpoint-8.safetensors was made with r 4, now it is 8; ");
        }
    }

    private Trainer trainer(
            Decoder decoder, LoraAdapter adapter, TrainingConfig config, String name, TrainingListener listener) {
        List<List<PackedBatch>> steps = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            int vocabulary = decoder.config().vocabSize();
            steps.add(List.of(
                    TinyTraining.batch(vocabulary, step, 7, 9, 1), TinyTraining.batch(vocabulary, 100L + step, 15, 4)));
        }
        TrainingBatches batches = new TrainingBatches(BatchSource.of(steps), BatchSource.of(steps.subList(0, 1)));
        return new Trainer(pass(decoder, adapter), batches, config, folder.resolve(name), listener);
    }

    private TrainingPass pass(Decoder decoder, LoraAdapter adapter) {
        return new TrainingPass(
                decoder, kernels, adapter, MAX_TOKENS, TinyTraining.plan(decoder, adapter, MAX_TOKENS, 1));
    }

    private static LoraAdapter withDropout(Decoder decoder) {
        LoraConfig config = LoraConfig.of(4, 8).toBuilder().loraDropout(0.1).build();
        return LoraAdapter.initial(config, decoder, 1);
    }

    private Checkpoint open(String name) {
        return SafetensorsCheckpoint.open(TinyCheckpoint.unpack(name, folder).folder());
    }

    /** The bytes of the file and those that the layers hold, which may be copies. */
    private static String bytes(Checkpoint checkpoint, Decoder decoder) {
        TrainingHash hash = new TrainingHash();
        for (String tensor : checkpoint.tensorNames()) {
            hash.add(checkpoint.tensor(tensor).data().asByteBuffer());
        }
        for (int layer = 0; layer < decoder.blocks().size(); layer++) {
            for (Projection projection : Projection.values()) {
                hash.add(decoder.blocks()
                        .get(layer)
                        .projection(projection)
                        .weight()
                        .data()
                        .asByteBuffer());
            }
        }
        return hash.hex();
    }
}

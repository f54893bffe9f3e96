package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.WeightQuantizer;
import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import dev.caravan.engine.train.TrainingGolden.Step;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Twenty steps of the trainer against PEFT's: loss, gradient norm and learning rate of every step, and every tensor at the
 * end. Each step has two packed batches with different numbers of learned tokens.
 */
class LoraTrainingGoldenTest {

    /** Of the loss. The worst seen is 2.8e-7: both sides compute in float32, and AdamW amplifies no rounding here. */
    private static final double LOSS_TOLERANCE = 5e-6;

    /** Of the norm; the worst seen is 7.5e-6. */
    private static final double NORM_TOLERANCE = 5e-5;

    /** Of a tensor's norm; the worst seen is 5.9e-7. */
    private static final double TENSOR_TOLERANCE = 5e-6;

    @TempDir
    private Path folder;

    static String[] cases() {
        return Golden.names("lora-training", ".zip");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyStepEqualsPefts(String name) {
        TrainingGolden golden = TrainingGolden.unpack(name, folder);
        for (Path base : golden.bases()) {
            try (Kernels kernels = KernelProvider.create(2);
                    Arena arena = Arena.ofShared();
                    Checkpoint checkpoint = Checkpoints.open(base)) {
                Decoder decoder =
                        Decoders.load(checkpoint, new WeightQuantizer(golden.quantizationOnLoad(base), kernels, arena));
                compare(
                        golden,
                        decoder,
                        kernels,
                        folder.resolve("checkpoints").resolve(base.toString().substring(1)));
            }
        }
    }

    private static void compare(TrainingGolden golden, Decoder decoder, Kernels kernels, Path checkpoints) {
        List<Step> expected = golden.steps();
        BatchSource source = BatchSource.of(expected.stream()
                .map(step -> step.microBatches().stream().map(golden::packed).toList())
                .toList());
        int tokens = expected.stream()
                .flatMap(step -> step.microBatches().stream())
                .map(golden::packed)
                .mapToInt((PackedBatch batch) -> batch.tokens().length)
                .max()
                .orElseThrow();
        LoraAdapter adapter = golden.adapter(decoder);
        TrainingPlan plan = TrainingPlan.keeping(decoder, adapter.config(), tokens, 1);
        TrainingPass pass = new TrainingPass(decoder, kernels, adapter, tokens, plan);
        TrainingResult result = new Trainer(
                        pass, TrainingBatches.of(source), config(golden.training()), checkpoints, TrainingListener.NONE)
                .train(() -> false);
        compareSteps(golden.name(), result.steps(), expected);
        Map<String, float[]> actual = golden.written(adapter, decoder);
        Map<String, float[]> trained = golden.trained();
        assertThat(actual).containsOnlyKeys(trained.keySet());
        trained.forEach((tensor, values) -> assertThat(
                        TrainingGolden.relativeDistance(Objects.requireNonNull(actual.get(tensor)), values))
                .as("%s %s", golden.name(), tensor)
                .isLessThan(TENSOR_TOLERANCE));
    }

    private static void compareSteps(String name, List<TrainingStep> steps, List<Step> expected) {
        assertThat(steps).hasSameSizeAs(expected);
        for (int i = 0; i < steps.size(); i++) {
            TrainingStep step = steps.get(i);
            Step reference = expected.get(i);
            assertThat(step.loss())
                    .as("%s, loss of step %d", name, i)
                    .isCloseTo(reference.loss(), within(LOSS_TOLERANCE * reference.loss()));
            assertThat(step.gradientNorm())
                    .as("%s, gradient norm of step %d", name, i)
                    .isCloseTo(reference.gradNorm(), within(NORM_TOLERANCE * reference.gradNorm()));
            assertThat(step.learningRate())
                    .as("%s, learning rate of step %d", name, i)
                    .isCloseTo(reference.learningRate(), within(1e-15));
        }
    }

    private static TrainingConfig config(JsonObject training) {
        return TrainingConfig.DEFAULT
                .with()
                .learningRate(training.number("learning_rate"))
                .lrSchedulerType(LrSchedulerType.of(training.string("lr_scheduler_type")))
                .warmupRatio(0)
                .warmupSteps(training.integer("warmup_steps"))
                .weightDecay(training.number("weight_decay"))
                .adamBeta1(training.number("adam_beta1"))
                .adamBeta2(training.number("adam_beta2"))
                .adamEpsilon(training.number("adam_epsilon"))
                .maxGradNorm(training.number("max_grad_norm"))
                .maxSteps(training.integer("max_steps"))
                .gradientAccumulationSteps(training.integer("gradient_accumulation_steps"))
                .build();
    }
}

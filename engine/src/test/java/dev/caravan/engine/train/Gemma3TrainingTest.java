package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import dev.caravan.engine.train.dataset.PackedBatch;
import dev.caravan.engine.train.dataset.TrainingExample;
import dev.caravan.testkit.TestModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training Gemma 3 270M on its Q4_K_M file against PEFT on the dequantised weights: same rows, same order, same initial
 * adapter. PEFT takes the rows one by one, Caravan packs them. Ten of the thirty steps, all of them with
 * {@code ./caravan test --slow}.
 */
class Gemma3TrainingTest {

    /** Of a loss or a norm. Both sides compute in float32; the worst seen is 1.1e-6. */
    private static final double TOLERANCE = 1e-4;

    private static final int SHORT = 10;

    @TempDir
    private Path folder;

    @Test
    void everyLossAndTheHeldOutLossEqualPefts() {
        JsonObject golden = JsonObject.read(Golden.path("gemma3-270m-training/golden.json"));
        JsonObject examples = JsonObject.read(Golden.path("gemma3-270m-training/examples.json"));
        List<TrainingExample> training =
                ReferenceAdapter.examples(examples.list("training").orElseThrow());
        PackedBatch heldOut = PackedBatch.of(
                ReferenceAdapter.examples(examples.list("held_out").orElseThrow()));
        List<JsonObject> steps = golden.objects("steps");
        BatchSource source = BatchSource.of(
                steps.stream().map(step -> List.of(batch(step, training))).toList());
        int made = "true".equals(System.getenv("CARAVAN_SLOW_TESTS")) ? steps.size() : SHORT;
        try (GgufCheckpoint file = GgufCheckpoint.open(TestModels.gemma3());
                Kernels kernels = KernelProvider.create(2)) {
            Decoder decoder = Decoders.load(file);
            LoraAdapter adapter =
                    ReferenceAdapter.of(LoraConfig.of(golden.integer("r"), golden.integer("lora_alpha")), decoder, 0);
            int tokens = heldOut.tokens().length;
            TrainingPlan plan = TrainingPlan.of(decoder, adapter.config(), tokens, 1L << 30);
            TrainingPass pass = new TrainingPass(decoder, kernels, adapter, tokens, plan);
            assertClose(meanLoss(pass, heldOut), heldOut(golden, 0), "held-out loss before");

            // The schedule is that of all thirty steps, however many are made.
            AtomicInteger step = new AtomicInteger();
            Trainer trainer = new Trainer(
                    pass, TrainingBatches.of(source), config(golden), folder.resolve("checkpoints"), counting(step));
            TrainingResult result = trainer.train(() -> step.get() >= made);

            assertThat(result.steps()).hasSize(made);
            for (int i = 0; i < made; i++) {
                TrainingStep actual = result.steps().get(i);
                assertClose(actual.loss(), steps.get(i).number("loss"), "loss of step " + i);
                assertClose(actual.gradientNorm(), steps.get(i).number("grad_norm"), "gradient norm of step " + i);
            }
            assertClose(meanLoss(pass, heldOut), heldOut(golden, made), "held-out loss after");
            assertThat(heldOut(golden, made)).isLessThan(0.6 * heldOut(golden, 0));
        }
    }

    private static TrainingListener counting(AtomicInteger steps) {
        return new TrainingListener() {
            @Override
            public void onStep(TrainingStep step) {
                steps.set(step.step());
            }
        };
    }

    private static PackedBatch batch(JsonObject step, List<TrainingExample> training) {
        return PackedBatch.of(step.list("examples").orElseThrow().stream()
                .map(index -> training.get(((Number) Objects.requireNonNull(index)).intValue()))
                .toList());
    }

    private static double meanLoss(TrainingPass pass, PackedBatch batch) {
        return pass.loss(batch, () -> false) / batch.learnedTokens();
    }

    private static double heldOut(JsonObject golden, int steps) {
        return golden.object("held_out").orElseThrow().number(String.valueOf(steps));
    }

    private static void assertClose(double actual, double expected, String description) {
        assertThat(actual).as(description).isCloseTo(expected, within(TOLERANCE * expected));
    }

    private static TrainingConfig config(JsonObject golden) {
        return TrainingConfig.DEFAULT
                .with()
                .learningRate(golden.number("learning_rate"))
                .lrSchedulerType(LrSchedulerType.of(golden.string("lr_scheduler_type")))
                .warmupRatio(0)
                .warmupSteps(golden.integer("warmup_steps"))
                .weightDecay(golden.number("weight_decay"))
                .maxGradNorm(golden.number("max_grad_norm"))
                .maxSteps(golden.integer("max_steps"))
                .gradientAccumulationSteps(1)
                .build();
    }
}

package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.engine.generate.TokenLogprob;
import dev.caravan.engine.generate.TokenLogprobs;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.PeftFolder;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.WeightQuantizer;
import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import dev.caravan.engine.train.dataset.PackedBatch;
import dev.caravan.engine.train.dataset.TrainingExample;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Five steps on random weights of Mi:dm 2.0 Mini's full shape, its template and mask, against PEFT's on the same base; then
 * the adapter is served. The golden's README says how the weights are made; they are too large to fetch or commit.
 */
@EnabledIfEnvironmentVariable(
        named = "CARAVAN_MIDM_SHAPE",
        matches = ".+",
        disabledReason = "needs 6 GB of random weights, made by hand: see golden/midm-training/README.md")
class MidmTrainingTest {

    private static final int MAX_TOKENS = 512;

    /** Of a loss or a norm. Both sides compute in float32. */
    private static final double TOLERANCE = 1e-3;

    private static final QuantizationConfig NF4 =
            new QuantizationConfig(true, QuantizationConfig.QuantType.NF4, true, "float32", false, List.of());

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"nf4, bf16, true", "q4_k, own-q4_k.gguf, false"})
    void fiveStepsEqualPeftsAndTheAdapterAnswers(String reference, String model, boolean quantises) throws Exception {
        JsonObject golden = JsonObject.read(Golden.path("midm-training/%s.json".formatted(reference)));
        List<TrainingExample> examples =
                ReferenceAdapter.examples(JsonObject.read(Golden.path("midm-training/examples.json"))
                        .list("examples")
                        .orElseThrow());
        Path path = Path.of(System.getenv("CARAVAN_MIDM_SHAPE")).resolve(model);
        LoraAdapter adapter;
        try (Kernels kernels = KernelProvider.create(2);
                Arena arena = Arena.ofShared();
                Checkpoint checkpoint = Checkpoints.open(path)) {
            Decoder decoder = Decoders.load(
                    checkpoint, new WeightQuantizer(quantises ? NF4 : QuantizationConfig.NONE, kernels, arena));
            System.out.printf("%s: loaded, peak %.2f GB%n", reference, ProcessMemory.peakBytes() / 1e9);
            forgetPeak();
            adapter = ReferenceAdapter.of(
                    LoraConfig.of(golden.integer("r"), golden.integer("lora_alpha")), decoder, 0.01);
            train(golden, examples, decoder, kernels, adapter);
            PeftFolder.write(folder.resolve("adapter"), adapter, decoder);
            adapter = PeftFolder.read(folder.resolve("adapter"), decoder);
        }
        if (!quantises) {
            serve(path, adapter, examples.getFirst());
        }
    }

    private void train(
            JsonObject golden, List<TrainingExample> examples, Decoder decoder, Kernels kernels, LoraAdapter adapter) {
        TrainingPlan plan = TrainingPlan.keeping(decoder, adapter.config(), MAX_TOKENS, 1);
        TrainingPass pass = new TrainingPass(decoder, kernels, adapter, MAX_TOKENS, plan);
        PackedBatch first = PackedBatch.of(examples.subList(0, 1));
        compareGradients(golden, pass, first, adapter);
        List<JsonObject> steps = golden.objects("steps");
        BatchSource source = BatchSource.of(examples.stream()
                .map(example -> List.of(PackedBatch.of(List.of(example))))
                .toList());
        TrainingListener shown = new TrainingListener() {
            @Override
            public void onStep(TrainingStep step) {
                JsonObject reference = steps.get(step.step() - 1);
                System.out.printf(
                        "step %d: loss %.6f (%.6f), norm %.6f (%.6f), %.1f tokens/s, peak %.2f GB%n",
                        step.step(),
                        step.loss(),
                        reference.number("loss"),
                        step.gradientNorm(),
                        reference.number("grad_norm"),
                        step.tokensPerSecond(),
                        step.peakMemoryBytes() / 1e9);
            }
        };
        TrainingResult result = new Trainer(
                        pass, TrainingBatches.of(source), config(golden), folder.resolve("checkpoints"), shown)
                .train(() -> false);
        for (int i = 0; i < steps.size(); i++) {
            TrainingStep step = result.steps().get(i);
            assertClose(step.loss(), steps.get(i).number("loss"), "loss of step " + i);
            assertClose(step.gradientNorm(), steps.get(i).number("grad_norm"), "gradient norm of step " + i);
        }
        double after = pass.loss(first, () -> false) / first.learnedTokens();
        assertClose(after, golden.number("loss_of_the_first_after"), "loss after");
    }

    /** The norm of each of the 672 gradients of the first step; the mean loss's, not yet clipped. */
    private static void compareGradients(JsonObject golden, TrainingPass pass, PackedBatch first, LoraAdapter adapter) {
        LoraGradients gradients = new LoraGradients(adapter);
        pass.lossAndGradients(first, 1f / first.learnedTokens(), 0, gradients, () -> false);
        JsonObject norms = golden.object("gradient_norms").orElseThrow();
        double worst = 0;
        for (int i = 0; i < gradients.modules(); i++) {
            List<?> expected = norms.list(adapter.modules().get(i).name()).orElseThrow();
            worst = Math.max(worst, distance(gradients.a(i), Objects.requireNonNull(expected.get(0))));
            worst = Math.max(worst, distance(gradients.b(i), Objects.requireNonNull(expected.get(1))));
        }
        System.out.printf("norms of %d gradients: at most %.7f apart%n", 2 * gradients.modules(), worst);
        assertThat(worst).isLessThan(TOLERANCE);
    }

    private static double distance(float[] values, Object expectedNorm) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.abs(Math.sqrt(sum) / ((Number) expectedNorm).doubleValue() - 1);
    }

    /** Random weights answer with any of 131,392 tokens; after training, with tokens that were learned. */
    private static void serve(Path path, LoraAdapter adapter, TrainingExample example) {
        int[] prompt = Arrays.copyOf(example.tokens(), example.learned().nextSetBit(0));
        GenerationRequest base =
                new GenerationRequest(prompt, SamplingParameters.GREEDY, 4, List.of(), () -> false).withLogprobs(0);
        try (LanguageModel model =
                        LanguageModels.load(path, new LoadOptions(2, MAX_TOKENS, Long.MAX_VALUE), "not needed");
                ServedAdapter served = model.serve("midm-training", adapter)) {
            List<TokenLogprob> bare = chosen(model.generate(base, text -> {}));
            List<TokenLogprob> adapted = chosen(model.generate(base.withAdapter(served, 1), text -> {}));
            System.out.printf("base: %s%nadapter: %s%n", bare, adapted);
            Set<Integer> learned = example.learned().stream()
                    .mapToObj(t -> example.tokens()[t])
                    .collect(Collectors.toSet());
            assertThat(bare).noneMatch(token -> learned.contains(token.token()));
            assertThat(adapted).isNotEmpty().allMatch(token -> learned.contains(token.token()));
        }
    }

    private static List<TokenLogprob> chosen(Generation generation) {
        return generation.logprobs().stream().map(TokenLogprobs::chosen).toList();
    }

    private static void forgetPeak() throws Exception {
        Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    }

    private static void assertClose(double actual, double expected, String description) {
        assertThat(actual).as(description).isCloseTo(expected, within(TOLERANCE * expected));
    }

    private static TrainingConfig config(JsonObject golden) {
        return TrainingConfig.DEFAULT
                .with()
                .learningRate(golden.number("learning_rate"))
                .lrSchedulerType(LrSchedulerType.CONSTANT)
                .weightDecay(0)
                .maxGradNorm(golden.number("max_grad_norm"))
                .gradientAccumulationSteps(1)
                .build();
    }
}

package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.lora.ModuleFilter;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.TinyCheckpoint;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole tiny models of every family: loss and gradients against a forward pass in double precision. */
class TrainingPassTest {

    /** Of a tensor's gradient as a whole, by its Euclidean norm. */
    private static final double TOLERANCE = 5e-5;

    private static final double LOSS_PERCENTAGE = 1e-4;
    private static final int MAX_TOKENS = 40;
    private static final float SCALE = 0.25f;

    @TempDir
    private Path folder;

    private void use(String name, Consumer<Decoder> test) {
        try (Checkpoint checkpoint =
                SafetensorsCheckpoint.open(TinyCheckpoint.unpack(name, folder).folder())) {
            test.accept(Decoders.load(checkpoint));
        }
    }

    static Stream<String> models() {
        return Stream.of(
                "llama2", "llama3", "midm", "mistral", "gemma3", "gemma3-v4", "qwen2", "qwen2-window", "qwen3");
    }

    private static LoraConfig withDropout(double probability) {
        return LoraConfig.of(4, 8).toBuilder().loraDropout(probability).build();
    }

    private static PackedBatch batch(Decoder decoder) {
        return TinyTraining.batch(decoder.config().vocabSize(), 7, 9, 14, 1, 11);
    }

    private static TrainingPass pass(Decoder decoder, Kernels kernels, LoraAdapter adapter, int keptLayers) {
        TrainingPlan plan = TinyTraining.plan(decoder, adapter, MAX_TOKENS, keptLayers);
        return new TrainingPass(decoder, kernels, adapter, MAX_TOKENS, plan);
    }

    private static LoraGradients gradients(Decoder decoder, Kernels kernels, LoraAdapter adapter, int keptLayers) {
        LoraGradients gradients = new LoraGradients(adapter);
        pass(decoder, kernels, adapter, keptLayers).lossAndGradients(batch(decoder), SCALE, 5, gradients, () -> false);
        return gradients;
    }

    private static void assertSame(LoraGradients actual, LoraGradients expected) {
        assertThat(TinyTraining.arrays(actual)).containsExactlyElementsOf(TinyTraining.arrays(expected));
    }

    @ParameterizedTest
    @MethodSource("models")
    void lossAndEveryGradientAreThoseOfCentralDifferences(String name) {
        use(name, decoder -> {
            LoraAdapter adapter = TinyTraining.adapter(LoraConfig.of(4, 8), decoder, 1);
            PackedBatch batch = batch(decoder);
            ReferenceDecoder reference = new ReferenceDecoder(decoder, adapter);
            LoraGradients gradients = new LoraGradients(adapter);
            try (Kernels kernels = KernelProvider.scalar()) {
                double loss =
                        pass(decoder, kernels, adapter, 1).lossAndGradients(batch, SCALE, 5, gradients, () -> false);
                assertThat(loss).isCloseTo(reference.loss(batch), Percentage.withPercentage(LOSS_PERCENTAGE));
            }
            List<LoraModule> modules = adapter.modules();
            assertThat(modules).hasSize(7 * decoder.config().numHiddenLayers());
            for (int i = 0; i < modules.size(); i++) {
                String module = modules.get(i).name();
                double[] a = reference.module(module).a();
                double[] b = reference.module(module).b();
                DoubleSupplier scaled = () -> SCALE * reference.loss(batch);
                Differences.assertGradient(module + ".lora_A", gradients.a(i), a, scaled, TOLERANCE);
                Differences.assertGradient(module + ".lora_B", gradients.b(i), b, scaled, TOLERANCE);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("models")
    void fastKernelsGiveTheGradientsOfTheScalarOnes(String name) {
        use(name, decoder -> {
            LoraAdapter adapter = TinyTraining.adapter(LoraConfig.of(4, 8), decoder, 1);
            try (Kernels scalar = KernelProvider.scalar();
                    Kernels fast = KernelProvider.create(2)) {
                List<float[]> expected = TinyTraining.arrays(gradients(decoder, scalar, adapter, 1));
                List<float[]> actual = TinyTraining.arrays(gradients(decoder, fast, adapter, 1));
                for (int i = 0; i < expected.size(); i++) {
                    double norm = Differences.norm(expected.get(i));
                    assertThat(Differences.distance(actual.get(i), expected.get(i)))
                            .as("array %d", i)
                            .isLessThan(TOLERANCE * norm);
                }
            }
        });
    }

    /** Without dropout, whose masks depend on a token's row. */
    @ParameterizedTest
    @MethodSource("models")
    void packedSequencesGiveTheSumOfEachAlone(String name) {
        use(name, decoder -> {
            LoraAdapter adapter = TinyTraining.adapter(LoraConfig.of(4, 8), decoder, 1);
            PackedBatch batch = batch(decoder);
            try (Kernels kernels = KernelProvider.create(2)) {
                LoraGradients together = gradients(decoder, kernels, adapter, 1);
                TrainingPass pass = pass(decoder, kernels, adapter, 1);
                LoraGradients apart = new LoraGradients(adapter);
                double loss = 0;
                for (int i = 0; i < batch.sequences(); i++) {
                    PackedBatch alone = TinyTraining.sequence(batch, i);
                    loss += pass.lossAndGradients(alone, SCALE, 5, apart, () -> false);
                }
                assertThat(loss).isCloseTo(pass.loss(batch, () -> false), Percentage.withPercentage(LOSS_PERCENTAGE));
                for (int i = 0; i < together.modules(); i++) {
                    assertClose(apart.a(i), together.a(i));
                    assertClose(apart.b(i), together.b(i));
                }
            }
        });
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(Differences.distance(actual, expected)).isLessThan(TOLERANCE * Differences.norm(expected));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama3", "gemma3", "qwen3"})
    void recomputingActivationsGivesTheSameBits(String name) {
        use(name, decoder -> {
            LoraAdapter adapter = TinyTraining.adapter(withDropout(0), decoder, 1);
            LoraAdapter dropping = TinyTraining.adapter(withDropout(0.3), decoder, 1);
            try (Kernels kernels = KernelProvider.create(2)) {
                int layers = decoder.config().numHiddenLayers();
                for (int kept = 1; kept < layers; kept++) {
                    assertSame(
                            gradients(decoder, kernels, adapter, kept), gradients(decoder, kernels, adapter, layers));
                    assertSame(
                            gradients(decoder, kernels, dropping, kept), gradients(decoder, kernels, dropping, layers));
                }
            }
        });
    }

    @Test
    void theNumberOfThreadsDoesNotChangeABit() {
        use("gemma3", decoder -> {
            LoraAdapter adapter = TinyTraining.adapter(withDropout(0.1), decoder, 1);
            try (Kernels one = KernelProvider.create(1);
                    Kernels three = KernelProvider.create(3)) {
                assertSame(gradients(decoder, three, adapter, 1), gradients(decoder, one, adapter, 1));
            }
        });
    }

    @Test
    void gradientsAddUpOverBatches() {
        use("llama3", decoder -> {
            LoraAdapter adapter = TinyTraining.adapter(LoraConfig.of(4, 8), decoder, 1);
            try (Kernels kernels = KernelProvider.create(2)) {
                LoraGradients once = gradients(decoder, kernels, adapter, 2);
                LoraGradients twice = new LoraGradients(adapter);
                TrainingPass pass = pass(decoder, kernels, adapter, 2);
                double first = pass.lossAndGradients(batch(decoder), SCALE, 5, twice, () -> false);
                double second = pass.lossAndGradients(batch(decoder), 2 * SCALE, 5, twice, () -> false);
                assertThat(second).isEqualTo(first);
                once.scale(3);
                for (int i = 0; i < once.modules(); i++) {
                    assertClose(twice.a(i), once.a(i));
                    assertClose(twice.b(i), once.b(i));
                }
            }
        });
    }

    /** Modules with adapters and without in any mixture; the gradient ends at the lowest. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "model\\.layers\\.1\\..*",
                ".*down_proj",
                ".*gate_proj",
                ".*o_proj",
                ".*v_proj",
                ".*layers.1.*k_proj",
                ".*layers.1.*(up|o)_proj"
            })
    void someModulesGiveTheGradientsThatTheyHaveAmongAll(String target) {
        use("gemma3", decoder -> {
            LoraConfig some = LoraConfig.of(4, 8).toBuilder()
                    .targetModules(ModuleFilter.regex(target))
                    .build();
            LoraAdapter adapter = TinyTraining.adapter(some, decoder, 1);
            List<LoraModule> modules = new ArrayList<>();
            for (LoraModule module :
                    LoraAdapter.initial(LoraConfig.of(4, 8), decoder, 1).modules()) {
                // Where there was no adapter, one with B = 0 changes nothing.
                modules.add(adapter.module(module.name()).orElse(module));
            }
            LoraAdapter all = new LoraAdapter(LoraConfig.of(4, 8), modules, "");
            try (Kernels kernels = KernelProvider.create(2)) {
                LoraGradients expected = gradients(decoder, kernels, all, 1);
                LoraGradients actual = gradients(decoder, kernels, adapter, 1);
                for (int i = 0; i < actual.modules(); i++) {
                    int among = modules.indexOf(adapter.modules().get(i));
                    assertClose(actual.a(i), expected.a(among));
                    assertClose(actual.b(i), expected.b(among));
                }
            }
        });
    }

    @Test
    void cancellingBetweenLayersEndsThePassAndTheNextOneIsRight() {
        use("llama3", decoder -> {
            LoraAdapter adapter = TinyTraining.adapter(LoraConfig.of(4, 8), decoder, 1);
            try (Kernels kernels = KernelProvider.create(2)) {
                TrainingPass pass = pass(decoder, kernels, adapter, 1);
                AtomicInteger questions = new AtomicInteger();
                pass.lossAndGradients(batch(decoder), SCALE, 5, new LoraGradients(adapter), () -> {
                    questions.incrementAndGet();
                    return false;
                });
                assertThat(questions)
                        .hasValueGreaterThanOrEqualTo(2 * decoder.config().numHiddenLayers());
                for (int i = 1; i <= questions.get(); i++) {
                    AtomicInteger left = new AtomicInteger(i);
                    BooleanSupplier cancelled = () -> left.decrementAndGet() == 0;
                    assertThatThrownBy(() -> pass.lossAndGradients(
                                    batch(decoder), SCALE, 5, new LoraGradients(adapter), cancelled))
                            .isInstanceOf(CancellationException.class);
                }
                LoraGradients after = new LoraGradients(adapter);
                pass.lossAndGradients(batch(decoder), SCALE, 5, after, () -> false);
                assertSame(after, gradients(decoder, kernels, adapter, 1));
                assertThatThrownBy(() -> pass.loss(batch(decoder), () -> true))
                        .isInstanceOf(CancellationException.class);
            }
        });
    }

    @Test
    void anAdapterOfAnotherModelAndABatchThatDoesNotFitAreRefused() {
        use(
                "midm",
                midm -> use("llama3", llama -> {
                    LoraAdapter other = LoraAdapter.initial(LoraConfig.of(4, 8), midm, 1);
                    LoraAdapter own = LoraAdapter.initial(LoraConfig.of(4, 8), llama, 1);
                    try (Kernels kernels = KernelProvider.create(1)) {
                        assertThatThrownBy(() -> pass(llama, kernels, other, 1))
                                .isInstanceOf(IllegalArgumentException.class)
                                .hasMessageContaining(
                                        "self_attn.q_proj is for a layer [64, 24], the model's is [32, 32]");
                        TrainingPass pass = pass(llama, kernels, own, 1);
                        assertThatThrownBy(() -> pass.loss(TinyTraining.batch(10, 1, MAX_TOKENS + 1), () -> false))
                                .isInstanceOf(IllegalArgumentException.class)
                                .hasMessageContaining("41 tokens");
                        assertThatThrownBy(() -> pass.loss(TinyTraining.batch(100_000, 1, 4), () -> false))
                                .isInstanceOf(IllegalArgumentException.class)
                                .hasMessageContaining("not in the vocabulary");
                    }
                }));
    }
}

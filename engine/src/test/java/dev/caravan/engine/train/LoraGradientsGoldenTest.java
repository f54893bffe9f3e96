package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.WeightQuantizer;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every gradient of every adapter by name against torch and PEFT, for every family and for bitsandbytes' 4 and 8 bits.
 * Sequences one by one, and all packed in one batch; activations of all
 * layers kept, and of one only.
 */
class LoraGradientsGoldenTest {

    /**
     * Of a tensor's norm. Both sides compute in float32 and sum in different orders; the worst seen is 2.3e-6. A wrong
     * term, say a mask off by one or a missing scale, is a thousand times further away.
     */
    private static final double TOLERANCE = 1e-5;

    private static final double LOSS_TOLERANCE = 1e-5;

    @TempDir
    private Path folder;

    static Stream<String> cases() {
        return Stream.of(
                "gemma3",
                "llama2",
                "llama3",
                "llama-int8",
                "llama-nf4",
                "midm",
                "mistral",
                "qwen2",
                "qwen2-window",
                "qwen3");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyGradientEqualsPeftsWithScalarKernels(String name) {
        try (Kernels kernels = KernelProvider.scalar()) {
            compareAll(name, kernels);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyGradientEqualsPeftsWithFastKernels(String name) {
        try (Kernels kernels = KernelProvider.create(2)) {
            compareAll(name, kernels);
        }
    }

    private void compareAll(String name, Kernels kernels) {
        TrainingGolden golden = TrainingGolden.unpack(name, folder);
        assertThat(golden.bases()).isNotEmpty();
        for (Path base : golden.bases()) {
            try (Arena arena = Arena.ofShared();
                    Checkpoint checkpoint = Checkpoints.open(base)) {
                QuantizationConfig quantization = golden.quantizationOnLoad(base);
                Decoder decoder = Decoders.load(checkpoint, new WeightQuantizer(quantization, kernels, arena));
                compare(golden, decoder, kernels);
            }
        }
    }

    private static void compare(TrainingGolden golden, Decoder decoder, Kernels kernels) {
        LoraAdapter adapter = golden.adapter(decoder);
        List<Integer> sequences = golden.gradientSequences();
        PackedBatch packed = golden.packed(sequences);
        int tokens = packed.tokens().length;
        for (int keptLayers : new int[] {1, decoder.blocks().size()}) {
            TrainingPlan plan = TrainingPlan.keeping(decoder, adapter.config(), tokens, keptLayers);
            TrainingPass pass = new TrainingPass(decoder, kernels, adapter, tokens, plan);
            LoraGradients gradients = new LoraGradients(adapter);
            for (int i = 0; i < sequences.size(); i++) {
                PackedBatch alone = golden.packed(List.of(sequences.get(i)));
                double expected = golden.gradientLosses().get(i);
                assertThat(pass.lossAndGradients(alone, 1, 0, gradients, () -> false))
                        .isCloseTo(expected, within(LOSS_TOLERANCE * expected));
                assertThat(pass.loss(alone, () -> false)).isCloseTo(expected, within(LOSS_TOLERANCE * expected));
            }
            compare(golden, adapter, gradients);
            gradients.zero();
            double expected = golden.gradientLosses().stream()
                    .mapToDouble(Double::doubleValue)
                    .sum();
            // Half the gradient twice: it is added to what is there.
            for (int half = 0; half < 2; half++) {
                assertThat(pass.lossAndGradients(packed, 0.5f, 0, gradients, () -> false))
                        .isCloseTo(expected, within(LOSS_TOLERANCE * expected));
            }
            compare(golden, adapter, gradients);
        }
    }

    private static void compare(TrainingGolden golden, LoraAdapter adapter, LoraGradients gradients) {
        Map<String, float[]> actual = new LinkedHashMap<>();
        for (int i = 0; i < gradients.modules(); i++) {
            String module = adapter.modules().get(i).name();
            actual.put("base_model.model.%s.lora_A.weight".formatted(module), gradients.a(i));
            actual.put("base_model.model.%s.lora_B.weight".formatted(module), gradients.b(i));
        }
        Map<String, float[]> expected = TrainingGolden.tensors(golden.folder().resolve("gradients.safetensors"));
        assertThat(actual).containsOnlyKeys(expected.keySet());
        expected.forEach((tensor, values) -> assertThat(
                        TrainingGolden.relativeDistance(Objects.requireNonNull(actual.get(tensor)), values))
                .as("%s %s", golden.name(), tensor)
                .isLessThan(TOLERANCE));
    }
}

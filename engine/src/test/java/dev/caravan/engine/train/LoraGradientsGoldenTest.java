package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.WeightQuantizer;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every gradient of every adapter by name against torch and PEFT, for every family, from every file that the base lies in:
 * safetensors, GGUF, bitsandbytes' 4 and 8 bits as saved and on load. Sequences one by one, and all packed in one batch; activations of all
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

    static String[] cases() {
        return Golden.names("lora-training", ".zip");
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
        TrainingPlan allRecomputed = TrainingPlan.keeping(decoder, adapter.config(), tokens, 1);
        for (TrainingPlan plan : List.of(
                allRecomputed,
                TrainingPlan.keeping(decoder, adapter.config(), tokens, allRecomputed.trainedLayers()))) {
            TrainingPass pass = new TrainingPass(decoder, kernels, adapter, tokens, plan);
            LoraGradients gradients = new LoraGradients(adapter);
            for (int i = 0; i < sequences.size(); i++) {
                PackedBatch alone = golden.packed(List.of(sequences.get(i)));
                double expected = golden.gradientLosses().get(i);
                assertThat(pass.lossAndGradients(alone, 1, 0, gradients, () -> false))
                        .isCloseTo(expected, within(LOSS_TOLERANCE * expected));
                assertThat(pass.loss(alone, () -> false)).isCloseTo(expected, within(LOSS_TOLERANCE * expected));
            }
            compare(golden, decoder, adapter, gradients);
            gradients.zero();
            double expected = golden.gradientLosses().stream()
                    .mapToDouble(Double::doubleValue)
                    .sum();
            // Half the gradient twice: it is added to what is there.
            for (int half = 0; half < 2; half++) {
                assertThat(pass.lossAndGradients(packed, 0.5f, 0, gradients, () -> false))
                        .isCloseTo(expected, within(LOSS_TOLERANCE * expected));
            }
            compare(golden, decoder, adapter, gradients);
        }
    }

    /** Writes the gradients as if they were an adapter: by PEFT's names, in transformers' order of rows. */
    private static void compare(TrainingGolden golden, Decoder decoder, LoraAdapter adapter, LoraGradients gradients) {
        List<LoraModule> modules = new ArrayList<>();
        for (LoraModule module : adapter.modules()) {
            int index = modules.size();
            modules.add(new LoraModule(
                    module.name(),
                    module.inputs(),
                    module.outputs(),
                    module.r(),
                    module.scaling(),
                    gradients.a(index),
                    gradients.b(index)));
        }
        Map<String, float[]> actual = golden.written(new LoraAdapter(adapter.config(), modules, ""), decoder);
        Map<String, float[]> expected = golden.gradients();
        assertThat(actual).containsOnlyKeys(expected.keySet());
        expected.forEach((tensor, values) -> assertThat(
                        TrainingGolden.relativeDistance(Objects.requireNonNull(actual.get(tensor)), values))
                .as("%s %s", golden.name(), tensor)
                .isLessThan(TOLERANCE));
    }
}

package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.caravan.engine.OutOfMemoryBudgetException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.ModuleFilter;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.TinyCheckpoint;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingPlanTest {

    private static final int MAX_TOKENS = 2048;
    private static final LoraConfig CONFIG = LoraConfig.of(8, 16).toBuilder()
            .loraDropout(0.1)
            .rankPattern(Map.of("down_proj", 16))
            .build();

    @TempDir
    private Path folder;

    private void use(String name, Consumer<Decoder> test) {
        try (Checkpoint checkpoint =
                SafetensorsCheckpoint.open(TinyCheckpoint.unpack(name, folder).folder())) {
            test.accept(Decoders.load(checkpoint));
        }
    }

    /** Objects' headers and the layers' descriptions are what the plan leaves out. */
    @ParameterizedTest
    @ValueSource(strings = {"llama3", "gemma3", "qwen3"})
    void theBytesAreWhatIsAllocated(String name) {
        use(name, decoder -> {
            for (int kept = 1; kept <= decoder.config().numHiddenLayers(); kept++) {
                TrainingPlan plan = TrainingPlan.keeping(decoder, CONFIG, MAX_TOKENS, kept);
                LoraAdapter adapter = LoraAdapter.initial(CONFIG, decoder, 1);
                assertThat(plan.parameterBytes()).isEqualTo(4 * adapter.parameters());
                try (Kernels kernels = KernelProvider.create(1)) {
                    long allocated = allocated(() -> new TrainingPass(decoder, kernels, adapter, MAX_TOKENS, plan));
                    assertThat(allocated)
                            .isCloseTo(plan.activationBytes() + plan.bufferBytes(), Percentage.withPercentage(1));
                }
                long gradients = allocated(() -> new LoraGradients(adapter));
                assertThat(gradients).isCloseTo(plan.gradientBytes(), Percentage.withPercentage(5));
            }
        });
    }

    private interface Allocation {
        Object run();
    }

    private static long allocated(Allocation allocation) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        allocation.run();
        long before = threads.getCurrentThreadAllocatedBytes();
        Object object = allocation.run();
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(object).isNotNull();
        return bytes;
    }

    @Test
    void asManyLayersAreKeptAsFit() {
        use("gemma3", decoder -> {
            long least = TrainingPlan.keeping(decoder, CONFIG, MAX_TOKENS, 1).totalBytes();
            long more = TrainingPlan.keeping(decoder, CONFIG, MAX_TOKENS, 3).totalBytes();
            assertThat(TrainingPlan.of(decoder, CONFIG, MAX_TOKENS, least).keptLayers())
                    .isEqualTo(1);
            assertThat(TrainingPlan.of(decoder, CONFIG, MAX_TOKENS, more - 1).keptLayers())
                    .isEqualTo(2);
            assertThat(TrainingPlan.of(decoder, CONFIG, MAX_TOKENS, more).keptLayers())
                    .isEqualTo(3);
            assertThat(TrainingPlan.of(decoder, CONFIG, MAX_TOKENS, Long.MAX_VALUE)
                            .keptLayers())
                    .isEqualTo(4);
            assertThatThrownBy(() -> TrainingPlan.of(decoder, CONFIG, MAX_TOKENS, least - 1))
                    .isInstanceOf(OutOfMemoryBudgetException.class)
                    .hasMessageStartingWith("Training with 2048 tokens in a batch needs");
        });
    }

    @Test
    void layersBelowTheLowestAdapterKeepNothing() {
        use("gemma3", decoder -> {
            LoraConfig last = CONFIG.toBuilder()
                    .targetModules(ModuleFilter.regex("model\\.layers\\.3\\..*"))
                    .build();
            TrainingPlan plan = TrainingPlan.of(decoder, last, MAX_TOKENS, Long.MAX_VALUE);
            assertThat(plan.trainedLayers()).isEqualTo(1);
            assertThat(plan.activationBytes())
                    .isLessThan(
                            TrainingPlan.keeping(decoder, CONFIG, MAX_TOKENS, 1).activationBytes());
        });
    }

    @Test
    void aModelWithoutAnAdaptedLayerIsRefused() {
        use("gemma3", decoder -> {
            LoraConfig none = CONFIG.toBuilder()
                    .targetModules(ModuleFilter.names("absent"))
                    .build();
            assertThatThrownBy(() -> TrainingPlan.of(decoder, none, MAX_TOKENS, Long.MAX_VALUE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("target_modules");
        });
    }
}

package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.generate.BatchScheduler;
import dev.caravan.engine.generate.BatchScheduler.Limits;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.model.DecoderConfig;
import dev.caravan.engine.model.Golden;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What fits the memory, on the tiny llama: a context of 512 tokens is 9 pages with the one to copy to. */
class GenerationLimitsTest {
    private static final Path LLAMA = Golden.path("tiny-models/llama.gguf");
    private static final int CONTEXT = 512;
    private static final int ONE_CONTEXT = 9;

    private Kernels kernels;
    private LoadedDecoder loaded;

    @BeforeEach
    void load() {
        kernels = KernelProvider.scalar();
        loaded = LoadedDecoder.load(GgufCheckpoint.open(LLAMA), QuantizationConfig.NONE, kernels);
    }

    @AfterEach
    void close() {
        loaded.close();
        kernels.close();
    }

    private LoadOptions options(long bytesBesideTheWeights) {
        return new LoadOptions(1, 100_000, loaded.weightBytes() + bytesBesideTheWeights);
    }

    private DecoderConfig config() {
        return loaded.decoder().config();
    }

    private long leastBytes() {
        return BatchScheduler.bytes(config(), Limits.least(CONTEXT, KvCacheType.F16));
    }

    @Test
    void oneContextFitsInAnyCase() {
        Limits limits = GenerationLimits.of(loaded, options(leastBytes()));
        assertThat(limits).isEqualTo(Limits.least(CONTEXT, KvCacheType.F16));
        assertThat(limits.cachePages()).isEqualTo(ONE_CONTEXT);
        assertThatThrownBy(() -> GenerationLimits.of(loaded, options(leastBytes() - 1)))
                .isInstanceOf(OutOfMemoryBudgetException.class);
    }

    @Test
    void aQuarterOfWhatIsLeftGoesToTheCacheUpToFourContexts() {
        long pageBytes = config().cachePageBytes(KvCacheType.F16);
        assertThat(GenerationLimits.of(loaded, options(leastBytes() + 20 * pageBytes))
                        .cachePages())
                .isEqualTo(ONE_CONTEXT + 5);
        assertThat(GenerationLimits.of(loaded, options(Integer.MAX_VALUE)).cachePages())
                .isEqualTo(4 * ONE_CONTEXT);
    }

    @Test
    void whatWasAskedForIsTakenAsFarAsItFits() {
        long pageBytes = config().cachePageBytes(KvCacheType.F16);
        LoadOptions plenty = options(Integer.MAX_VALUE).withKvCacheBytes(100 * pageBytes);
        assertThat(GenerationLimits.of(loaded, plenty).cachePages()).isEqualTo(100);
        LoadOptions little = options(leastBytes() + 3 * pageBytes).withKvCacheBytes(100 * pageBytes);
        assertThat(GenerationLimits.of(loaded, little).cachePages()).isEqualTo(ONE_CONTEXT + 3);
        LoadOptions tooLittle = options(Integer.MAX_VALUE).withKvCacheBytes(1);
        assertThat(GenerationLimits.of(loaded, tooLittle).cachePages()).isEqualTo(ONE_CONTEXT);
        assertThat(BatchScheduler.bytes(config(), GenerationLimits.of(loaded, little)))
                .isLessThanOrEqualTo(little.memoryBudgetBytes() - loaded.weightBytes());
    }

    @Test
    void eightBitsHoldAlmostTwiceAsMuch() {
        LoadOptions options = options(Integer.MAX_VALUE)
                .withKvCacheBytes(100 * config().cachePageBytes(KvCacheType.F16))
                .withKvCacheType(KvCacheType.Q8_0);
        assertThat(GenerationLimits.of(loaded, options).cachePages()).isEqualTo(100 * 64 / 34);
    }

    @Test
    void aModelAnswersWithEightBitKeysAndValues() {
        LoadOptions options = new LoadOptions(1, 256, 100_000_000).withKvCacheType(KvCacheType.Q8_0);
        try (LanguageModel model = LanguageModels.load(LLAMA, options)) {
            GenerationRequest request = new GenerationRequest(
                    model.encodeText("abc"), SamplingParameters.GREEDY, 20, List.of(), () -> false);
            Generation generation = model.generate(request, text -> {});
            assertThat(generation.completionTokens()).isPositive();
        }
        assertThatThrownBy(() -> LanguageModels.load(Golden.path("tiny-models/gemma3.gguf"), options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("choose F16");
    }
}

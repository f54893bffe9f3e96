package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.testkit.TestModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys and values in 8 bits against 16. */
class KvCacheTypeTest {

    /** The greatest difference, of logits up to 18; 0.18 was seen. */
    private static final float TINY_TOLERANCE = 0.3f;

    /**
     * Root mean square of the differences, of logits between -50 and 25. 0.03, 0.10 and, after 1,123 tokens, 0.42 were
     * seen; 8-bit activations move llama.cpp's logits as far ({@code llama-distance.tsv}). What that costs is measured by
     * {@link PerplexityTest}.
     */
    private static final double GEMMA_TOLERANCE = 0.6;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void logitsOfATinyModelStayClose(boolean isScalar) {
        int[] tokens = Golden.ids("tiny-models/llama.ids");
        try (Kernels kernels = isScalar ? KernelProvider.scalar() : KernelProvider.create(2)) {
            TinyDecoder.use("llama", decoder -> {
                for (int run : new int[] {1, tokens.length}) {
                    float[] half = logits(decoder, kernels, KvCacheType.F16, tokens, run);
                    float[] eight = logits(decoder, kernels, KvCacheType.Q8_0, tokens, run);
                    float difference = Golden.maxDifference(eight, 0, half, 0, half.length);
                    assertThat(difference).isPositive().isLessThan(TINY_TOLERANCE);
                }
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"korean-notice", "english-science", "window"})
    void logitsOfGemma3StayClose(String prompt) {
        int[] tokens = Golden.ids("gemma3-270m/" + prompt + ".ids");
        try (GgufCheckpoint file = GgufCheckpoint.open(TestModels.gemma3());
                Kernels kernels = KernelProvider.create(2)) {
            Decoder decoder = Decoders.load(file);
            float[] half = logits(decoder, kernels, KvCacheType.F16, tokens, tokens.length);
            float[] eight = logits(decoder, kernels, KvCacheType.Q8_0, tokens, tokens.length);
            assertThat(rootMeanSquare(eight, half)).isPositive().isLessThan(GEMMA_TOLERANCE);
        }
    }

    private static double rootMeanSquare(float[] left, float[] right) {
        double squares = 0;
        for (int i = 0; i < left.length; i++) {
            squares += (left[i] - right[i]) * (left[i] - right[i]);
        }
        return Math.sqrt(squares / left.length);
    }

    private static float[] logits(Decoder decoder, Kernels kernels, KvCacheType type, int[] tokens, int run) {
        try (Session session = new Session(decoder, kernels, tokens.length, type)) {
            for (int from = 0; from < tokens.length; from += run) {
                session.feed(tokens, from, from + run, () -> false);
            }
            return session.logits().clone();
        }
    }

    @Test
    void eightBitsTakeHalfTheMemory() {
        TinyDecoder.use("llama", decoder -> {
            long half = decoder.config().cachePageBytes(KvCacheType.F16);
            long eight = decoder.config().cachePageBytes(KvCacheType.Q8_0);
            assertThat(eight * 64).isEqualTo(half * 34);
        });
    }

    @Test
    void headsThatFillNoBlockAreRefused() {
        TinyDecoder.use(
                "gemma3",
                decoder -> assertThatThrownBy(() -> decoder.config().cachePageBytes(KvCacheType.Q8_0))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("heads of a multiple of 32 values, the model's have 16; choose F16"));
    }
}

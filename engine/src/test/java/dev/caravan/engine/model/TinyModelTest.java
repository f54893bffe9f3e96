package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every layer's output and every logit of two tiny random models against transformers'. */
class TinyModelTest {

    /** Of values up to 18. Keys and values are rounded to F16; the rest is as exact as the reference's float32. */
    private static final float TOLERANCE = 0.02f;

    /** Runs of different lengths sum in a different order; now and then that turns a key's rounding to F16. */
    private static final float ROUNDING = 0.005f;

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3"})
    void everyLayerAndLogitEqualsTransformersWithScalarKernels(String family) {
        try (Kernels kernels = KernelProvider.scalar()) {
            compareWithTransformers(family, kernels, 1);
            compareWithTransformers(family, kernels, 40);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3"})
    void everyLayerAndLogitEqualsTransformersWithFastKernels(String family) {
        try (Kernels kernels = KernelProvider.create(2)) {
            compareWithTransformers(family, kernels, 1);
            compareWithTransformers(family, kernels, 40);
        }
    }

    private static void compareWithTransformers(String family, Kernels kernels, int run) {
        int[] tokens = Golden.ids("tiny-models/" + family + ".ids");
        float[] hidden = Golden.floats("tiny-models/" + family + ".hidden.f32");
        float[] logits = Golden.floats("tiny-models/" + family + ".logits.f32");
        try (GgufCheckpoint file = GgufCheckpoint.open(Golden.path("tiny-models/" + family + ".gguf"))) {
            Decoder decoder = Decoders.load(file);
            int hiddenSize = decoder.config().hiddenSize();
            Map<String, Float> differences = new HashMap<>();
            ActivationListener compare = (name, values, start, count) -> {
                int index = name.equals("embeddings") ? 0 : 1 + Integer.parseInt(name.substring("layer.".length()));
                int offset = (index * tokens.length + start) * hiddenSize;
                float difference = Golden.maxDifference(values, 0, hidden, offset, count * hiddenSize);
                differences.merge(name, difference, Math::max);
            };
            try (Session session = new Session(decoder, kernels, 64, compare)) {
                float worst = 0;
                int vocabulary = decoder.config().vocabSize();
                for (int from = 0; from < tokens.length; from += run) {
                    assertThat(session.feed(tokens, from, from + run, () -> false))
                            .isTrue();
                    int offset = (from + run - 1) * vocabulary;
                    worst = Math.max(worst, Golden.maxDifference(session.logits(), 0, logits, offset, vocabulary));
                }
                differences.put("logits", worst);
            }
            assertThat(differences).hasSize(decoder.config().numHiddenLayers() + 2);
            assertThat(differences)
                    .allSatisfy((name, difference) -> assertThat(difference)
                            .as("%s in runs of %d", name, run)
                            .isLessThan(TOLERANCE));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3"})
    void aPromptGivesTheSameLogitsHoweverItIsCut(String family) {
        int[] tokens = Golden.ids("tiny-models/" + family + ".ids");
        try (Kernels kernels = KernelProvider.scalar();
                GgufCheckpoint file = GgufCheckpoint.open(Golden.path("tiny-models/" + family + ".gguf"))) {
            Decoder decoder = Decoders.load(file);
            float[] whole = logitsAfter(decoder, kernels, tokens, tokens.length);
            for (int run : new int[] {1, 7, 16, 39}) {
                assertSame(logitsAfter(decoder, kernels, tokens, run), whole);
            }
        }
    }

    private static void assertSame(float[] actual, float[] expected) {
        assertThat(Golden.maxDifference(actual, 0, expected, 0, expected.length))
                .isLessThan(ROUNDING);
    }

    private static float[] logitsAfter(Decoder decoder, Kernels kernels, int[] tokens, int run) {
        try (Session session = new Session(decoder, kernels, 64)) {
            for (int from = 0; from < tokens.length; from += run) {
                session.feed(tokens, from, Math.min(tokens.length, from + run), () -> false);
            }
            return session.logits().clone();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3"})
    void aReusedPrefixGivesTheLogitsOfAFreshSession(String family) {
        int[] tokens = Golden.ids("tiny-models/" + family + ".ids");
        int[] other = tokens.clone();
        other[23] = (tokens[23] + 1) % 256;
        try (Kernels kernels = KernelProvider.scalar();
                GgufCheckpoint file = GgufCheckpoint.open(Golden.path("tiny-models/" + family + ".gguf"))) {
            Decoder decoder = Decoders.load(file);
            float[] fresh = logitsAfter(decoder, kernels, other, other.length);
            try (Session session = new Session(decoder, kernels, 64)) {
                assertThat(session.reuse(tokens)).isZero();
                session.feed(tokens, 0, tokens.length, () -> false);
                assertThat(session.reuse(other)).isEqualTo(23);
                session.feed(other, 23, other.length, () -> false);
                assertSame(session.logits(), fresh);
                // The same prompt once more: all but the last token, whose logits are wanted.
                assertThat(session.reuse(other)).isEqualTo(other.length - 1);
                session.feed(other, other.length - 1, other.length, () -> false);
                assertSame(session.logits(), fresh);
            }
        }
    }

    @Test
    void aCancelledFeedLeavesNoTokenBehindAndTheSessionUsable() {
        int[] tokens = Golden.ids("tiny-models/gemma3.ids");
        try (Kernels kernels = KernelProvider.scalar();
                GgufCheckpoint file = GgufCheckpoint.open(Golden.path("tiny-models/gemma3.gguf"))) {
            Decoder decoder = Decoders.load(file);
            float[] whole = logitsAfter(decoder, kernels, tokens, tokens.length);
            try (Session session = new Session(decoder, kernels, 64)) {
                session.feed(tokens, 0, 10, () -> false);
                int[] asked = {0};
                assertThat(session.feed(tokens, 10, tokens.length, () -> ++asked[0] > 3))
                        .isFalse();
                assertThat(session.tokens()).containsExactly(Arrays.copyOf(tokens, 10));
                session.feed(tokens, 10, tokens.length, () -> false);
                assertSame(session.logits(), whole);
            }
        }
    }
}

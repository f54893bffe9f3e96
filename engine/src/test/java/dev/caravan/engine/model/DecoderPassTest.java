package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import dev.caravan.engine.model.DecoderPass.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences that go over the weights together against each by itself. */
class DecoderPassTest {

    /** Passes of different sizes sum in a different order; now and then that turns a key's rounding to F16. */
    private static final float ROUNDING = 0.005f;

    private static final int CONTEXT = 200;

    private static int[] prompt(int vocabulary, int number, int length) {
        int[] tokens = new int[length];
        for (int i = 0; i < length; i++) {
            tokens[i] = (7 + 31 * number + 13 * i + i * i * (number + 1)) % Math.min(vocabulary, 250);
        }
        return tokens;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3"})
    void togetherEqualsAloneWithScalarKernels(String family) {
        try (Kernels kernels = KernelProvider.scalar()) {
            compare(family, kernels);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3"})
    void togetherEqualsAloneWithFastKernels(String family) {
        try (Kernels kernels = KernelProvider.create(2)) {
            compare(family, kernels);
        }
    }

    /** Prompts of 1 to 150 tokens: the first half in one pass, the rest in a second one. */
    private static void compare(String family, Kernels kernels) {
        TinyDecoder.use(family, decoder -> {
            int[] lengths = {40, 1, 9, 2, 150, 17, 8};
            DecoderPass pass = new DecoderPass(decoder, kernels, CONTEXT);
            try (KvPagePool pool = DecoderPass.newPool(decoder, 16, KvCacheType.F16)) {
                List<int[]> prompts = new ArrayList<>();
                List<Part> firstHalves = new ArrayList<>();
                List<Part> rest = new ArrayList<>();
                int[] lastRows = new int[lengths.length];
                int rows = 0;
                for (int i = 0; i < lengths.length; i++) {
                    int[] tokens = prompt(pass.vocabSize(), i, lengths[i]);
                    KvCache cache = new KvCache(pool);
                    assertThat(cache.reserve(lengths[i])).isTrue();
                    int cut = lengths[i] / 2;
                    if (cut > 0) {
                        firstHalves.add(new Part(cache, tokens, 0, cut));
                    }
                    rest.add(new Part(cache, tokens, cut, lengths[i]));
                    rows += lengths[i] - cut;
                    lastRows[i] = rows - 1;
                    prompts.add(tokens);
                }
                assertThat(pass.run(firstHalves, () -> false)).isTrue();
                assertThat(pass.run(rest, () -> false)).isTrue();
                float[] together = pass.logits(lastRows).clone();
                for (int i = 0; i < lengths.length; i++) {
                    float[] alone = alone(decoder, kernels, prompts.get(i));
                    assertThat(Golden.maxDifference(together, i * alone.length, alone, 0, alone.length))
                            .as("%s, prompt of %d tokens", family, lengths[i])
                            .isLessThan(ROUNDING);
                }
            }
        });
    }

    private static float[] alone(Decoder decoder, Kernels kernels, int[] tokens) {
        try (Session session = new Session(decoder, kernels, CONTEXT)) {
            session.feed(tokens, 0, tokens.length, () -> false);
            return session.logits().clone();
        }
    }

    @Test
    void logitsAfterEveryTokenOfAPassEqualThoseOneByOne() {
        try (Kernels kernels = KernelProvider.scalar()) {
            TinyDecoder.use("llama", decoder -> {
                int[] tokens = prompt(250, 3, 6);
                DecoderPass pass = new DecoderPass(decoder, kernels, CONTEXT);
                try (KvPagePool pool = DecoderPass.newPool(decoder, 1, KvCacheType.F16);
                        KvCache cache = new KvCache(pool)) {
                    assertThat(cache.reserve(6)).isTrue();
                    pass.run(List.of(new Part(cache, tokens, 0, 6)), () -> false);
                    float[] logits = pass.logits(0, 1, 2, 3, 4, 5).clone();
                    for (int i = 0; i < 6; i++) {
                        float[] alone = alone(decoder, kernels, Arrays.copyOf(tokens, i + 1));
                        assertThat(Arrays.copyOfRange(logits, i * alone.length, (i + 1) * alone.length))
                                .containsExactly(alone);
                    }
                }
            });
        }
    }
}

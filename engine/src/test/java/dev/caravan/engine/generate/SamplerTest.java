package dev.caravan.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.Golden;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The sampler's distributions against transformers', and its draws against its distributions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SamplerTest {
    private static final int VOCABULARY = 200;

    private final Kernels kernels = KernelProvider.create(1);
    private final float[] logits = Golden.floats("sampler/logits.f32");
    private final int[] present = Golden.ids("sampler/present.ids");

    @AfterAll
    void closeKernels() {
        kernels.close();
    }

    private static SamplingParameters parameters(String line, long seed) {
        String[] part = line.split("\t", -1);
        return new SamplingParameters(
                Float.parseFloat(part[0]),
                Integer.parseInt(part[1]),
                Float.parseFloat(part[2]),
                Float.parseFloat(part[3]),
                Float.parseFloat(part[4]),
                seed);
    }

    @Test
    void everyDistributionEqualsTransformers() {
        List<String> cases = Golden.text("sampler/cases.tsv").lines().toList();
        float[] expected = Golden.floats("sampler/probabilities.f32");
        assertThat(expected).hasSize(cases.size() * VOCABULARY);
        for (int i = 0; i < cases.size(); i++) {
            Sampler sampler = new Sampler(kernels, parameters(cases.get(i), 1), present, VOCABULARY);
            float[] actual = sampler.distribution(logits.clone());
            for (int token = 0; token < VOCABULARY; token++) {
                float wanted = expected[i * VOCABULARY + token];
                assertThat(actual[token])
                        .as("case %s, token %d", cases.get(i), token)
                        .isEqualTo(wanted, within(1e-5f));
                assertThat(actual[token] > 0)
                        .as("case %s keeps token %d", cases.get(i), token)
                        .isEqualTo(wanted > 0);
            }
        }
    }

    /** As after a constraint that has left three tokens, fewer than top-k. */
    @Test
    void aForbiddenTokenIsNeverDrawn() {
        for (SamplingParameters parameters : List.of(
                new SamplingParameters(1, 40, 1, 0, 1, 5),
                new SamplingParameters(1, 0, 1, 0, 1, 5),
                new SamplingParameters(1, 0, 0.9f, 0, 1, 5))) {
            Sampler sampler = new Sampler(kernels, parameters, new int[0], VOCABULARY);
            for (int draw = 0; draw < 300; draw++) {
                float[] left = new float[VOCABULARY];
                Arrays.fill(left, Float.NEGATIVE_INFINITY);
                left[7] = -3;
                left[8] = 0;
                left[199] = -1;
                assertThat(sampler.draw(left)).isIn(7, 8, 199);
            }
        }
    }

    @Test
    void drawsFollowTheDistribution() {
        SamplingParameters parameters = new SamplingParameters(0.9f, 12, 0.95f, 0, 1, 77);
        float[] expected = new Sampler(kernels, parameters, new int[0], VOCABULARY).distribution(logits.clone());
        Sampler sampler = new Sampler(kernels, parameters, new int[0], VOCABULARY);
        int draws = 20_000;
        int[] counts = new int[VOCABULARY];
        for (int i = 0; i < draws; i++) {
            counts[sampler.draw(logits.clone())]++;
        }
        for (int token = 0; token < VOCABULARY; token++) {
            double deviation = Math.sqrt(draws * expected[token] * (1 - expected[token]));
            assertThat((double) counts[token])
                    .as("token %d", token)
                    .isEqualTo(draws * (double) expected[token], within(5 * deviation + 1e-9));
        }
    }

    @Test
    void theSameSeedDrawsTheSameTokensAndAnotherSeedOthers() {
        assertThat(draws(3)).containsExactly(draws(3)).isNotEqualTo(draws(4));
    }

    private int[] draws(long seed) {
        SamplingParameters parameters = new SamplingParameters(1, 0, 0.95f, 0, 1.1f, seed);
        Sampler sampler = new Sampler(kernels, parameters, present, VOCABULARY);
        int[] tokens = new int[50];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = sampler.draw(logits.clone());
        }
        return tokens;
    }

    @Test
    void temperatureZeroTakesTheLikeliestAndOfEqualsTheFirst() {
        Sampler sampler = new Sampler(kernels, SamplingParameters.GREEDY, new int[0], 5);
        assertThat(sampler.draw(new float[] {1, 3, 2, 3, 0})).isEqualTo(1);
    }

    @Test
    void paddingBehindTheVocabularyIsNeverDrawn() {
        float[] padded = {1, 2, 3, 100};
        assertThat(new Sampler(kernels, SamplingParameters.GREEDY, new int[0], 3).draw(padded.clone()))
                .isEqualTo(2);
        SamplingParameters hot = new SamplingParameters(2, 0, 1, 0, 1, 9);
        Sampler sampler = new Sampler(kernels, hot, new int[0], 3);
        for (int i = 0; i < 200; i++) {
            assertThat(sampler.draw(padded.clone())).isLessThan(3);
        }
    }

    @Test
    void repetitionCountsWhatWasDrawn() {
        SamplingParameters greedy = new SamplingParameters(0, 0, 1, 0, 2, 0);
        Sampler sampler = new Sampler(kernels, greedy, new int[0], 3);
        assertThat(sampler.draw(new float[] {4, 3, -1})).isZero();
        assertThat(sampler.draw(new float[] {4, 3, -1})).isEqualTo(1);
        assertThat(sampler.draw(new float[] {-4, -3, -5})).isEqualTo(2);
    }

    @Test
    void topKIsExactForALargeFlatVocabulary() {
        int size = 50_000;
        SplittableRandom random = new SplittableRandom(4);
        float[] flat = new float[size];
        for (int i = 0; i < size; i++) {
            flat[i] = (float) random.nextDouble() * 5;
        }
        SamplingParameters parameters = new SamplingParameters(1, 7, 1, 0, 1, 1);
        float[] kept = new Sampler(kernels, parameters, new int[0], size).distribution(flat.clone());
        float[] sorted = flat.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < size; i++) {
            assertThat(kept[i] > 0).isEqualTo(flat[i] >= sorted[size - 7]);
        }
    }
}

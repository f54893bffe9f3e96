package dev.caravan.engine.generate;

import static dev.caravan.engine.generate.TinyModel.generate;
import static dev.caravan.engine.generate.TinyModel.greedy;
import static dev.caravan.engine.generate.TinyModel.prompt;
import static dev.caravan.engine.generate.TinyModel.request;
import static dev.caravan.engine.generate.TinyModel.together;
import static dev.caravan.engine.generate.TinyModel.whenIdle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.AdapterClosedException;
import dev.caravan.engine.generate.BatchScheduler.Limits;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.model.RandomAdapter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests with adapters, beside others and none, against each by itself; what the cache keeps; adapters that leave. */
@Timeout(120)
class AdapterServingTest {
    private static final int CONTEXT = 300;
    private static final int PAGE = KvPagePool.PAGE_TOKENS;

    /** A scheduler with two adapters. */
    private static final class Served implements AutoCloseable {
        final BatchScheduler scheduler;
        final ServedAdapter first;
        final ServedAdapter second;

        Served(TinyModel model) {
            this(model, model.scheduler(CONTEXT));
        }

        Served(TinyModel model, BatchScheduler scheduler) {
            this.scheduler = scheduler;
            this.first = scheduler.serve(
                    "first", "1111", RandomAdapter.all(model.decoder, 8, 1).adapter());
            this.second = scheduler.serve(
                    "second",
                    "2222",
                    RandomAdapter.of(model.decoder, EnumSet.of(Projection.V_PROJ, Projection.UP_PROJ), 4, 2)
                            .adapter());
        }

        /** With the first, the second, none, or the first at another scale. */
        GenerationRequest with(int choice, GenerationRequest request) {
            return switch (choice % 4) {
                case 0 -> request.withAdapter(first, 1);
                case 1 -> request.withAdapter(second, 1);
                case 2 -> request;
                default -> request.withAdapter(first, -0.5f);
            };
        }

        List<GenerationRequest> withAll(List<GenerationRequest> requests) {
            return IntStream.range(0, requests.size())
                    .mapToObj(i -> with(i, requests.get(i)))
                    .toList();
        }

        @Override
        public void close() {
            scheduler.close();
        }
    }

    /** Each request on a scheduler of its own. */
    private static List<Generation> alone(TinyModel model, List<GenerationRequest> requests) {
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            try (Served own = new Served(model)) {
                generations.add(generate(own.scheduler, own.with(i, requests.get(i))));
            }
        }
        return generations;
    }

    private static List<String> texts(List<Generation> generations) {
        return generations.stream().map(Generation::text).toList();
    }

    static List<Supplier<Kernels>> kernels() {
        return List.of(KernelProvider::scalar, () -> KernelProvider.create(2));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void answersWithDifferentAdaptersGivenTogetherEqualThoseGivenAlone(Supplier<Kernels> kernels) {
        int[] lengths = {40, 1, 9, 2, 200, 17, 8, 65, 64, 130, 3, 90};
        List<GenerationRequest> requests = IntStream.range(0, lengths.length)
                .mapToObj(i -> {
                    SamplingParameters sampling =
                            i % 3 == 0 ? SamplingParameters.GREEDY : new SamplingParameters(0.8f, 20, 0.9f, 0, 1.1f, i);
                    return request(prompt(i, lengths[i]), sampling, 20 + 7 * i);
                })
                .toList();
        for (String family : List.of("llama", "gemma3")) {
            try (TinyModel model = new TinyModel(family, kernels.get());
                    Served served = new Served(model)) {
                List<Generation> alone = alone(model, requests);
                assertThat(together(served.scheduler, served.withAll(requests))).isEqualTo(alone);
                assertThat(texts(model.alone(CONTEXT, requests))).isNotEqualTo(texts(alone));
            }
        }
    }

    /** The same prompt with different adapters at once: none waits for another's keys and values. */
    @Test
    void logprobsOfOnePromptWithDifferentAdaptersAreThoseGivenAlone() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                Served served = new Served(model)) {
            List<GenerationRequest> requests = IntStream.range(0, 8)
                    .mapToObj(i -> greedy(prompt(1, 150), 20).withLogprobs(3))
                    .toList();
            List<Generation> generations = together(served.scheduler, served.withAll(requests));
            List<Generation> alone = alone(model, requests);
            for (int i = 0; i < requests.size(); i++) {
                assertThat(generations.get(i).logprobs())
                        .usingRecursiveComparison()
                        .withComparatorForType(AdapterServingTest::compareRounded, Float.class)
                        .isEqualTo(alone.get(i).logprobs());
                // The second four start from the first four's keys and values, each from its own.
                assertThat(generations.get(i).cachedPromptTokens()).isEqualTo(i < 4 ? 0 : 149);
            }
            assertThat(texts(generations.subList(0, 4))).doesNotHaveDuplicates();
        }
    }

    /** Sums are taken in another order where only a prompt's last token is fed. */
    private static int compareRounded(float actual, float expected) {
        return Math.abs(actual - expected) < 0.001f ? 0 : Float.compare(actual, expected);
    }

    @Test
    void aPromptIsFoundAgainOnlyWithItsOwnAdapterAndScale() {
        try (TinyModel model = new TinyModel("gemma3", KernelProvider.scalar());
                Served served = new Served(model)) {
            int length = 2 * PAGE + 9;
            GenerationRequest one = greedy(prompt(1, length), 30);
            List<Generation> alone = alone(model, List.of(one, one, one, one));
            for (int turn = 0; turn < 2; turn++) {
                for (int choice = 0; choice < 4; choice++) {
                    Generation generation = generate(served.scheduler, served.with(choice, one));
                    assertThat(generation.cachedPromptTokens()).isEqualTo(turn == 0 ? 0 : length - 1);
                    assertThat(generation.text()).isEqualTo(alone.get(choice).text());
                }
            }
            // At scale 0 it is the base.
            for (float scale : new float[] {0f, -0f}) {
                Generation off = generate(served.scheduler, one.withAdapter(served.second, scale));
                assertThat(off.cachedPromptTokens()).isEqualTo(length - 1);
                assertThat(off.text()).isEqualTo(alone.get(2).text());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3"})
    void thePreemptedGoOnWithTheirAdapters(String family) {
        try (TinyModel model = new TinyModel(family, KernelProvider.scalar());
                Served served = new Served(model, model.scheduler(CONTEXT, Limits.leastPages(CONTEXT), 8))) {
            List<GenerationRequest> requests = IntStream.range(0, 8)
                    .mapToObj(i -> request(prompt(i, 30 + 9 * i), new SamplingParameters(0.7f, 0, 1, 0, 1, i), 140))
                    .toList();
            assertThat(together(served.scheduler, served.withAll(requests))).isEqualTo(alone(model, requests));
            assertThat(whenIdle(served.scheduler).preemptions()).isPositive();
        }
    }

    @Test
    void anAdapterThatLeavesIsUsedToTheEndByThoseWhoHaveIt() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                Served served = new Served(model)) {
            GenerationRequest plain = greedy(prompt(1, 2 * PAGE + 3), 150);
            GenerationRequest another = greedy(prompt(2, 90), 20);
            List<Generation> alone = alone(model, List.of(plain));
            generate(served.scheduler, another.withAdapter(served.first, 2));
            generate(served.scheduler, another);
            int[] cachedWhileItLeft = {0};
            GenerationRequest closing = new GenerationRequest(
                            plain.promptTokens(),
                            SamplingParameters.GREEDY,
                            150,
                            List.of(),
                            () -> false,
                            (generated, count, logits) -> {
                                if (count == 5) {
                                    served.first.close();
                                    served.first.close();
                                    cachedWhileItLeft[0] =
                                            served.scheduler.statistics().cachedPages();
                                }
                            })
                    .withAdapter(served.first, 1);
            Generation generation = generate(served.scheduler, closing);
            assertThat(generation).isEqualTo(alone.getFirst());
            assertThat(generation.completionTokens()).isGreaterThan(PAGE);
            assertThat(cachedWhileItLeft[0]).isEqualTo(2 + 2 + 3);
            // Only the base's pages of the other prompt are left; what the closed one computed since is not kept.
            BatchStatistics statistics = whenIdle(served.scheduler);
            assertThat(statistics.usedPages()).isZero();
            assertThat(statistics.cachedPages()).isEqualTo(2);
            assertThat(generate(served.scheduler, another).cachedPromptTokens()).isEqualTo(89);
            assertThatThrownBy(() -> generate(served.scheduler, closing))
                    .isInstanceOf(AdapterClosedException.class)
                    .hasMessage("the adapter first is out of service; choose another one or ask the base model");
            assertThat(generate(served.scheduler, another.withAdapter(served.second, 1))
                            .cachedPromptTokens())
                    .isZero();
        }
    }

    /** As when a model goes back to an adapter that it had before: the new one starts anew, or from its like's pages. */
    @Test
    void anAdapterMayComeBackWhileTheOldOneIsStillUsed() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                Served served = new Served(model)) {
            GenerationRequest one = greedy(prompt(1, 2 * PAGE + 3), 20);
            Generation before = generate(served.scheduler, one.withAdapter(served.first, 1));
            ServedAdapter again = served.scheduler.serve("again", served.first.hash(), served.first.weights());
            assertThat(generate(served.scheduler, one.withAdapter(again, 1)).cachedPromptTokens())
                    .isEqualTo(2 * PAGE + 2);
            served.first.close();
            for (int cached : new int[] {0, 2 * PAGE + 2}) {
                Generation after = generate(served.scheduler, one.withAdapter(again, 1));
                assertThat(after.cachedPromptTokens()).isEqualTo(cached);
                assertThat(after.text()).isEqualTo(before.text());
            }
        }
    }

    /** An answer goes on from the prefix cache of an adapter whose pages were dropped under it. */
    @Test
    void anAnswerSurvivesThatItsLikesPagesAreDropped() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                Served served = new Served(model)) {
            GenerationRequest plain = greedy(prompt(1, 2 * PAGE + 3), 150);
            List<Generation> alone = alone(model, List.of(plain));
            ServedAdapter again = served.scheduler.serve("again", served.first.hash(), served.first.weights());
            GenerationRequest closing = new GenerationRequest(
                            plain.promptTokens(),
                            SamplingParameters.GREEDY,
                            150,
                            List.of(),
                            () -> false,
                            (generated, count, logits) -> {
                                if (count == 5) {
                                    served.first.close();
                                }
                            })
                    .withAdapter(again, 1);
            assertThat(generate(served.scheduler, closing)).isEqualTo(alone.getFirst());
            BatchStatistics statistics = whenIdle(served.scheduler);
            assertThat(statistics.usedPages()).isZero();
            assertThat(statistics.cachedPages()).isZero();
        }
    }

    /** Guesses from a prompt that repeats itself are checked with the adapter, and its answer is the same. */
    @Test
    void guessesChangeNoAnswer() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                Served without = new Served(model, guessing(model, 0));
                Served with = new Served(model, guessing(model, 1))) {
            for (int choice = 0; choice < 4; choice++) {
                int[] period = prompt(choice, 6);
                int[] prompt = new int[60];
                Arrays.setAll(prompt, position -> period[position % period.length]);
                GenerationRequest request = new GenerationRequest(
                        prompt,
                        SamplingParameters.GREEDY,
                        100,
                        List.of(),
                        () -> false,
                        // Leads through the prompt, now and then from another place on.
                        (generated, count, logits) -> logits[prompt[(count + count / 23 * 3) % prompt.length]] += 9);
                assertThat(generate(with.scheduler, with.with(choice, request)))
                        .isEqualTo(generate(without.scheduler, without.with(choice, request)));
            }
            BatchStatistics statistics = whenIdle(with.scheduler);
            assertThat(statistics.acceptedTokens()).isPositive();
            assertThat(statistics.passes())
                    .isLessThan(whenIdle(without.scheduler).passes());
        }
    }

    private static BatchScheduler guessing(TinyModel model, int maxDrafting) {
        Limits limits = new Limits(CONTEXT, 60, 16, KvCacheType.F16, maxDrafting);
        return new BatchScheduler(model.decoder, model.kernels, model.tokenizer, limits);
    }

    @Test
    void anotherModelsAdapterAndScalesThatAreNoNumbersAreRefused() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                TinyModel other = new TinyModel("llama", KernelProvider.scalar());
                Served served = new Served(model);
                Served foreign = new Served(other)) {
            GenerationRequest one = greedy(prompt(1, 5), 2);
            assertThatThrownBy(() -> generate(served.scheduler, one.withAdapter(foreign.first, 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the adapter first was loaded for another model; load it with the model that answers");
            for (float scale : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                assertThatThrownBy(() -> one.withAdapter(served.first, scale))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("scale must be a finite number");
            }
        }
    }
}

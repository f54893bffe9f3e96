package dev.caravan.engine.generate;

import static dev.caravan.engine.generate.TinyModel.generate;
import static dev.caravan.engine.generate.TinyModel.greedy;
import static dev.caravan.engine.generate.TinyModel.prompt;
import static dev.caravan.engine.generate.TinyModel.request;
import static dev.caravan.engine.generate.TinyModel.together;
import static dev.caravan.engine.generate.TinyModel.whenIdle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.generate.BatchScheduler.Limits;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvPagePool;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that share passes, pages and prompts against answers by themselves, on the tiny random models. */
@Timeout(120)
class BatchSchedulerTest {
    private static final int CONTEXT = 300;
    private static final int PAGE = KvPagePool.PAGE_TOKENS;

    static Stream<Arguments> modelsAndKernels() {
        Supplier<Kernels> scalar = KernelProvider::scalar;
        Supplier<Kernels> fast = () -> KernelProvider.create(2);
        return Stream.of("llama", "gemma3")
                .flatMap(family -> Stream.of(Arguments.of(family, scalar), Arguments.of(family, fast)));
    }

    private static List<String> texts(List<Generation> generations) {
        return generations.stream().map(Generation::text).toList();
    }

    /** Prompts of 1 to 200 tokens, greedy and sampled answers of different lengths. */
    private static List<GenerationRequest> mixedRequests() {
        int[] lengths = {40, 1, 9, 2, 200, 17, 8, 65, 64, 130};
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            SamplingParameters sampling =
                    i % 2 == 0 ? SamplingParameters.GREEDY : new SamplingParameters(0.8f, 20, 0.9f, 0, 1.1f, i);
            requests.add(request(prompt(i, lengths[i]), sampling, 20 + 7 * i));
        }
        return requests;
    }

    @ParameterizedTest
    @MethodSource("modelsAndKernels")
    void answersGivenTogetherEqualThoseGivenAlone(String family, Supplier<Kernels> kernels) {
        try (TinyModel model = new TinyModel(family, kernels.get());
                BatchScheduler scheduler = model.scheduler(CONTEXT)) {
            List<GenerationRequest> requests = mixedRequests();
            List<Generation> alone = model.alone(CONTEXT, requests);
            List<Generation> generations = together(scheduler, requests);
            assertThat(texts(generations)).isEqualTo(texts(alone));
            assertThat(generations).isEqualTo(alone);
            BatchStatistics statistics = whenIdle(scheduler);
            int drawn =
                    generations.stream().mapToInt(Generation::completionTokens).sum();
            assertThat(statistics.passes()).isLessThan(drawn / 3);
            assertThat(statistics.usedPages()).isZero();
        }
    }

    @Test
    void aPromptsBeginningIsFoundAgainTokenByToken() {
        try (TinyModel model = new TinyModel("gemma3", KernelProvider.scalar());
                BatchScheduler scheduler = model.scheduler(CONTEXT)) {
            int[] first = prompt(1, 200);
            int shared = 2 * PAGE + 5;
            int[] second = prompt(2, 220);
            System.arraycopy(first, 0, second, 0, shared);
            List<GenerationRequest> requests = List.of(greedy(first, 30), greedy(second, 30), greedy(first, 30));
            List<Generation> fresh = model.alone(CONTEXT, requests);
            int[] cached = {0, shared, first.length - 1};
            for (int i = 0; i < 3; i++) {
                Generation generation = generate(scheduler, requests.get(i));
                assertThat(generation.cachedPromptTokens()).isEqualTo(cached[i]);
                assertThat(generation.text()).isEqualTo(fresh.get(i).text());
            }
        }
    }

    @Test
    void aConversationGoesOnFromItsAnswer() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                BatchScheduler scheduler = model.scheduler(CONTEXT)) {
            int[] drawn = new int[40];
            GenerationRequest first = new GenerationRequest(
                    prompt(3, 50),
                    SamplingParameters.GREEDY,
                    40,
                    List.of(),
                    () -> false,
                    (generated, count, logits) -> {
                        System.arraycopy(generated, 0, drawn, 0, count);
                        model.tokenizer.endTokens().forEach(token -> logits[token] = Float.NEGATIVE_INFINITY);
                    });
            generate(scheduler, first);
            int[] next = prompt(4, 120);
            System.arraycopy(first.promptTokens(), 0, next, 0, 50);
            System.arraycopy(drawn, 0, next, 50, 39);
            Generation second = generate(scheduler, greedy(next, 20));
            // All but the last token of an answer have keys and values.
            assertThat(second.cachedPromptTokens()).isEqualTo(50 + 39);
            assertThat(second.text())
                    .isEqualTo(model.alone(CONTEXT, List.of(greedy(next, 20)))
                            .getFirst()
                            .text());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {150, 128, 20})
    void severalAnswersReadTheirPromptOnce(int promptTokens) {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                BatchScheduler scheduler = model.scheduler(CONTEXT)) {
            SamplingParameters sampling = new SamplingParameters(1, 0, 1, 0, 1, 42);
            GenerationRequest one = request(prompt(5, promptTokens), sampling, 24);
            List<GenerationRequest> requests = IntStream.range(0, 5)
                    .mapToObj(i -> one.forAnswer(i, TokenConstraint.NONE))
                    .toList();
            assertThat(requests.getFirst().sampling().seed()).isEqualTo(42);
            List<Generation> generations = together(scheduler, requests);
            assertThat(texts(generations)).isEqualTo(texts(model.alone(CONTEXT, requests)));
            assertThat(texts(generations)).doesNotHaveDuplicates();
            int fedForAnswers =
                    generations.stream().mapToInt(Generation::completionTokens).sum();
            // The prompt once, and its last token again for each further answer.
            assertThat(whenIdle(scheduler).fedTokens()).isLessThanOrEqualTo(promptTokens + 4 + fedForAnswers);
            assertThat(generations.getFirst().cachedPromptTokens()).isZero();
            assertThat(generations.getLast().cachedPromptTokens()).isEqualTo(promptTokens - 1);
        }
    }

    @ParameterizedTest
    @MethodSource("modelsAndKernels")
    void aTinyBudgetGivesTheSameAnswersByPreemption(String family, Supplier<Kernels> kernels) {
        try (TinyModel model = new TinyModel(family, kernels.get());
                BatchScheduler scheduler = model.scheduler(CONTEXT, Limits.leastPages(CONTEXT), 8)) {
            List<GenerationRequest> requests = IntStream.range(0, 8)
                    .mapToObj(i -> request(prompt(i, 30 + 9 * i), new SamplingParameters(0.7f, 0, 1, 0, 1, i), 140))
                    .toList();
            assertThat(together(scheduler, requests)).isEqualTo(model.alone(CONTEXT, requests));
            BatchStatistics statistics = whenIdle(scheduler);
            assertThat(statistics.preemptions()).isPositive();
            assertThat(statistics.usedPages()).isZero();
            assertThat(statistics.cachedPages()).isLessThanOrEqualTo(statistics.maxPages());
        }
    }

    @Test
    void whatWasUsedLeastRecentlyIsEvictedFirst() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                BatchScheduler scheduler = model.scheduler(CONTEXT, 12, 4)) {
            int length = 3 * PAGE;
            for (int i = 0; i < 3; i++) {
                generate(scheduler, greedy(prompt(i, length), 2));
            }
            assertThat(generate(scheduler, greedy(prompt(0, length), 2)).cachedPromptTokens())
                    .isEqualTo(length - 1);
            generate(scheduler, greedy(prompt(3, 4 * PAGE), 2));
            assertThat(generate(scheduler, greedy(prompt(0, length), 2)).cachedPromptTokens())
                    .isEqualTo(length - 1);
            assertThat(generate(scheduler, greedy(prompt(1, length), 2)).cachedPromptTokens())
                    .isLessThan(length - 1);
        }
    }

    @Test
    void aLongPromptDoesNotStopARunningAnswer() throws InterruptedException {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                BatchScheduler scheduler = model.scheduler(500)) {
            int[] drawn = {0};
            int[] drawnBefore = {0, 0};
            GenerationRequest longPrompt = new GenerationRequest(
                    prompt(1, 450),
                    SamplingParameters.GREEDY,
                    1,
                    List.of(),
                    () -> false,
                    (generated, count, logits) -> drawnBefore[1] = drawn[0]);
            Thread[] other = new Thread[1];
            GenerationRequest running = new GenerationRequest(
                    prompt(0, 3),
                    SamplingParameters.GREEDY,
                    200,
                    List.of(),
                    () -> false,
                    (generated, count, logits) -> {
                        drawn[0] = count;
                        model.tokenizer.endTokens().forEach(token -> logits[token] = Float.NEGATIVE_INFINITY);
                        if (count == 5) {
                            other[0] = Thread.ofVirtual().start(() -> generate(scheduler, longPrompt));
                            awaitWaiting(scheduler, other[0]);
                            drawnBefore[0] = count;
                        }
                    });
            generate(scheduler, running);
            other[0].join();
            assertThat(drawnBefore[1] - drawnBefore[0]).isBetween(450 / PAGE, 450 / PAGE + 2);
        }
    }

    /** On the scheduler's own thread: until the request stands in the queue its caller runs, then it waits. */
    private static void awaitWaiting(BatchScheduler scheduler, Thread caller) {
        while (caller.getState() != Thread.State.TIMED_WAITING && caller.isAlive()) {
            Thread.onSpinWait();
        }
        assertThat(scheduler.statistics().running()).isEqualTo(1);
    }

    @Test
    void badRequestsAreRefusedAtTheDoor() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                BatchScheduler scheduler = model.scheduler(CONTEXT)) {
            assertThatThrownBy(() -> generate(scheduler, greedy(new int[0], 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("empty");
            assertThatThrownBy(() -> generate(scheduler, greedy(new int[] {1, 1_000_000}, 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1000000");
            assertThatThrownBy(() -> generate(scheduler, greedy(prompt(0, CONTEXT), 1)))
                    .hasMessageContaining("the context holds 300");
            assertThatThrownBy(() -> together(scheduler, List.of())).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> model.scheduler(CONTEXT, Limits.leastPages(CONTEXT) - 1, 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}

package dev.caravan.engine.generate;

import static dev.caravan.engine.generate.TinyModel.prompt;
import static dev.caravan.engine.generate.TinyModel.together;
import static dev.caravan.engine.generate.TinyModel.whenIdle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.generate.BatchScheduler.Limits;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Guesses, and that they change no answer. */
@Timeout(120)
class PromptLookupTest {
    private static final int CONTEXT = 300;

    /** A pass takes 1000, and so much more for each guess. */
    private static PassCosts costs(long perGuess) {
        PassCosts costs = new PassCosts();
        for (int guesses = 0; guesses <= PromptLookup.MAX_DRAFT; guesses++) {
            costs.measured(guesses, 1000 + perGuess * guesses);
        }
        return costs;
    }

    private static int[] draft(PromptLookup lookup, int most, PassCosts costs, int... tokens) {
        try (KvPagePool pool = new KvPagePool(new KvPagePool.Shape(1, 1, 2, KvCacheType.F16), 1)) {
            return lookup.draft(new Sequence(tokens, 1, pool, new PrefixCache(pool)), most, costs);
        }
    }

    /** As if guesses cost nothing. */
    private static int[] guess(int most, int... tokens) {
        return draft(new PromptLookup(), most, costs(0), tokens);
    }

    @Test
    void whatFollowedTheSameTokensIsGuessed() {
        assertThat(guess(2, 1, 2, 3, 4, 5, 9, 1, 2, 3)).containsExactly(4, 5);
        assertThat(guess(9, 1, 2, 3, 4, 5, 9, 1, 2, 3)).containsExactly(4, 5, 9, 1);
        assertThat(guess(2, 2, 3, 4, 9, 1, 2, 3)).containsExactly(4, 9);
        assertThat(guess(9, 3, 4, 9, 1, 2, 3)).isEmpty();
        assertThat(guess(0, 1, 2, 3, 4, 5, 9, 1, 2, 3)).isEmpty();
        assertThat(guess(9, 1)).isEmpty();
    }

    @Test
    void theLongestMatchGoesBeforeTheLatest() {
        assertThat(guess(2, 1, 2, 3, 4, 5, 2, 3, 6, 7, 1, 2, 3)).containsExactly(4, 5);
        assertThat(guess(2, 1, 2, 3, 4, 5, 1, 2, 3, 6, 7, 1, 2, 3)).containsExactly(6, 7);
    }

    @Test
    void aRunThatRepeatsItselfIsGuessedAsFarAsItIsThere() {
        assertThat(guess(9, 5, 5, 5, 5)).containsExactly(5);
    }

    @Test
    void guessesAreFedWhileTheyGainTime() {
        int[] tokens = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3};
        PromptLookup lookup = new PromptLookup();
        // Half a pass for each guess: too dear as long as only half of them are right.
        assertThat(draft(lookup, 9, costs(500), tokens)).isEmpty();
        for (int round = 0; round < 8; round++) {
            draft(lookup, 9, costs(500), tokens);
            lookup.drawn(4);
        }
        assertThat(draft(lookup, 9, costs(500), tokens)).hasSize(PromptLookup.MAX_DRAFT);
        // A whole pass for each guess is never worth it.
        assertThat(draft(lookup, 9, costs(1000), tokens)).isEmpty();
        for (int round = 0; round < 3; round++) {
            draft(lookup, 9, costs(500), tokens);
            lookup.drawn(99);
        }
        assertThat(draft(lookup, 9, costs(500), tokens)).isEmpty();
    }

    @Test
    void whatAGuessCostsIsMeasuredAndForgotten() {
        PassCosts costs = new PassCosts();
        assertThat(costs.relative(2)).isEqualTo(1.6);
        costs.measured(0, 1000);
        costs.measured(2, 5000);
        assertThat(costs.relative(2)).isEqualTo(5);
        costs.measured(2, 1000);
        assertThat(costs.relative(2)).isEqualTo(4.5);
        for (int pass = 3; pass < 512; pass++) {
            costs.measured(0, 1000);
        }
        assertThat(costs.relative(2)).isEqualTo(1.6);
    }

    /** A request and everything that its constraint was asked. */
    private record Asked(GenerationRequest request, List<List<Integer>> questions) {}

    /** Prompts that repeat themselves, and sampling that mostly follows. */
    private static List<Asked> requests(TinyModel model) {
        List<Asked> requests = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int[] period = prompt(i, 5 + i);
            int[] prompt = new int[60];
            Arrays.setAll(prompt, position -> period[position % period.length]);
            SamplingParameters sampling =
                    i % 2 == 0 ? SamplingParameters.GREEDY : new SamplingParameters(0.4f, 0, 0.95f, 0, 1, 77 + i);
            List<List<Integer>> questions = new ArrayList<>();
            TokenConstraint constraint = (generated, count, logits) -> {
                questions.add(IntStream.of(generated).limit(count).boxed().toList());
                // Leads through the prompt, and elsewhere in it after every 23 tokens: guesses are right and wrong.
                logits[prompt[(count + count / 23 * 3) % prompt.length]] += 9;
                model.tokenizer.endTokens().forEach(token -> logits[token] = Float.NEGATIVE_INFINITY);
            };
            GenerationRequest request =
                    new GenerationRequest(prompt, sampling, 120 + i, List.of(), () -> false, constraint);
            requests.add(new Asked(request.withLogprobs(0), questions));
        }
        return requests;
    }

    static List<Arguments> modelsAndKernels() {
        return BatchSchedulerTest.modelsAndKernels().toList();
    }

    @ParameterizedTest
    @MethodSource("modelsAndKernels")
    void answersAreTheSameWithAndWithoutGuesses(String family, Supplier<Kernels> kernels) {
        try (TinyModel model = new TinyModel(family, kernels.get());
                BatchScheduler without = scheduler(model, 0);
                BatchScheduler with = scheduler(model, 1)) {
            List<Asked> plain = requests(model);
            List<Asked> guessed = requests(model);
            for (int i = 0; i < plain.size(); i++) {
                Generation expected = TinyModel.generate(without, plain.get(i).request);
                Generation actual = TinyModel.generate(with, guessed.get(i).request);
                assertThat(tokens(actual)).isEqualTo(tokens(expected));
                assertThat(actual.text()).isEqualTo(expected.text());
                assertThat(guessed.get(i).questions).isEqualTo(plain.get(i).questions);
            }
            BatchStatistics statistics = whenIdle(with);
            assertThat(statistics.acceptedTokens()).isPositive();
            assertThat(statistics.draftedTokens()).isGreaterThan(statistics.acceptedTokens());
            assertThat(statistics.passes()).isLessThan(whenIdle(without).passes());
            assertThat(statistics.usedPages()).isZero();
            assertThat(whenIdle(without).draftedTokens()).isZero();
        }
    }

    @Test
    void severalAnswersMayGuessTogether() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                BatchScheduler without = scheduler(model, 0);
                BatchScheduler with = scheduler(model, 6)) {
            List<Generation> expected = together(
                    without, requests(model).stream().map(Asked::request).toList());
            List<Generation> actual =
                    together(with, requests(model).stream().map(Asked::request).toList());
            assertThat(actual.stream().map(PromptLookupTest::tokens))
                    .isEqualTo(expected.stream().map(PromptLookupTest::tokens).toList());
            assertThat(whenIdle(with).acceptedTokens()).isPositive();
        }
    }

    @Test
    void whatWasGuessedWrongIsNotRemembered() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar());
                BatchScheduler with = scheduler(model, 1)) {
            for (Asked asked : requests(model)) {
                Generation first = TinyModel.generate(with, asked.request);
                int[] prompt = asked.request.promptTokens();
                int[] next = Arrays.copyOf(prompt, prompt.length + first.completionTokens() + 1);
                List<Integer> answer = tokens(first);
                for (int i = 0; i < answer.size(); i++) {
                    next[prompt.length + i] = answer.get(i);
                }
                GenerationRequest request = TinyModel.greedy(next, 10);
                Generation second = TinyModel.generate(with, request);
                assertThat(second.cachedPromptTokens()).isEqualTo(prompt.length + answer.size() - 1);
                assertThat(second.text())
                        .isEqualTo(model.alone(CONTEXT, List.of(request))
                                .getFirst()
                                .text());
            }
        }
    }

    private static List<Integer> tokens(Generation generation) {
        return generation.logprobs().stream()
                .map(logprobs -> logprobs.chosen().token())
                .toList();
    }

    /** With a clock that stands still, whether to guess depends on the guesses only. */
    private static BatchScheduler scheduler(TinyModel model, int maxDrafting) {
        return new BatchScheduler(
                model.decoder,
                model.kernels,
                model.tokenizer,
                new Limits(CONTEXT, 60, 16, KvCacheType.F16, maxDrafting));
    }
}

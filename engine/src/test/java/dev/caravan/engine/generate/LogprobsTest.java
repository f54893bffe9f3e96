package dev.caravan.engine.generate;

import static dev.caravan.engine.generate.TinyModel.generate;
import static dev.caravan.engine.generate.TinyModel.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.model.Session;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Log-probabilities against the log-softmax of a session's logits, in double. */
@Timeout(60)
class LogprobsTest {
    private static final int CONTEXT = 200;
    private static final int TOKENS = 15;

    /** Everything that changes logits before a draw. */
    private static GenerationRequest request(TinyModel model, int top) {
        TokenConstraint onlyOdd = (generated, count, logits) -> {
            for (int token = 0; token < logits.length; token += 2) {
                logits[token] = Float.NEGATIVE_INFINITY;
            }
            model.tokenizer.endTokens().forEach(token -> logits[token] = Float.NEGATIVE_INFINITY);
        };
        return new GenerationRequest(
                        prompt(1, 30),
                        new SamplingParameters(0.7f, 8, 0.9f, 0.01f, 1.3f, 5),
                        TOKENS,
                        List.of(),
                        () -> false,
                        onlyOdd)
                .withLogprobs(top);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20})
    void theyAreTheLogSoftmaxOfTheModelsOwnLogits(int top) {
        try (TinyModel model = new TinyModel("llama", KernelProvider.create(2));
                BatchScheduler scheduler = model.scheduler(CONTEXT);
                Session session = new Session(model.decoder, model.kernels, CONTEXT)) {
            GenerationRequest request = request(model, top);
            List<TokenLogprobs> heard = new ArrayList<>();
            GenerationListener listener = new GenerationListener() {
                @Override
                public void onText(String text) {}

                @Override
                public void onLogprobs(TokenLogprobs logprobs) {
                    heard.add(logprobs);
                }
            };
            Generation generation =
                    scheduler.generate(List.of(request), List.of(listener)).getFirst();
            assertThat(heard).hasSize(TOKENS).isEqualTo(generation.logprobs());
            int[] next = request.promptTokens();
            for (TokenLogprobs logprobs : heard) {
                session.feed(next, 0, next.length, () -> false);
                double[] expected = logSoftmax(session.logits());
                assertLogprob(model, logprobs.chosen(), expected);
                assertThat(logprobs.chosen().token() % 2).isEqualTo(1);
                List<Integer> likeliest = IntStream.range(0, model.tokenizer.vocabSize())
                        .boxed()
                        .sorted(Comparator.comparingDouble((Integer token) -> -expected[token]))
                        .limit(top)
                        .toList();
                assertThat(logprobs.top().stream().map(TokenLogprob::token)).isEqualTo(likeliest);
                logprobs.top().forEach(other -> assertLogprob(model, other, expected));
                next = new int[] {logprobs.chosen().token()};
            }
        }
    }

    private static void assertLogprob(TinyModel model, TokenLogprob actual, double[] expected) {
        assertThat((double) actual.logprob()).isCloseTo(expected[actual.token()], within(0.005));
        assertThat(actual.bytes()).isEqualTo(model.tokenizer.bytes(actual.token()));
    }

    private static double[] logSoftmax(float[] logits) {
        double highest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            highest = Math.max(highest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - highest);
        }
        double[] logprobs = new double[logits.length];
        for (int token = 0; token < logits.length; token++) {
            logprobs[token] = logits[token] - highest - Math.log(sum);
        }
        return logprobs;
    }

    @Test
    void theyChangeNoAnswerAndAreAbsentWithoutBeingAskedFor() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.create(2));
                BatchScheduler scheduler = model.scheduler(CONTEXT)) {
            Generation with = generate(scheduler, request(model, 3));
            Generation without = generate(scheduler, request(model, GenerationRequest.NO_LOGPROBS));
            assertThat(without.logprobs()).isEmpty();
            assertThat(without.text()).isEqualTo(with.text());
        }
    }

    @Test
    void moreThanOpenAisBoundIsRefused() {
        try (TinyModel model = new TinyModel("llama", KernelProvider.scalar())) {
            assertThatThrownBy(() -> request(model, 21))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("top_logprobs");
        }
    }
}

package dev.caravan.engine.generate;

import static dev.caravan.engine.generate.TinyModel.greedy;
import static dev.caravan.engine.generate.TinyModel.together;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.Session;
import dev.caravan.testkit.TestModels;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Gemma 3 270M: eleven prompts at once, every token of every answer against the prompt by itself. */
@Timeout(300)
class RealWeightsBatchTest {

    /**
     * Sums in another order give other last digits: two tokens whose logits are nearer than this may change places, as in
     * the comparison with transformers. From there on an answer may go another way.
     */
    private static final float TOLERANCE = 0.03f;

    private static final int CONTEXT = 1300;
    private static final int TOKENS = 24;

    @Test
    void promptsTogetherGiveTheTokensOfEachByItself() {
        try (TinyModel model = new TinyModel(TestModels.gemma3(), KernelProvider.create(2));
                BatchScheduler scheduler = model.scheduler(CONTEXT)) {
            List<GenerationRequest> requests = Stream.of(Golden.names("gemma3-270m", ".ids"))
                    .filter(name -> !name.contains("."))
                    .map(name -> greedy(Golden.ids("gemma3-270m/" + name + ".ids"), TOKENS)
                            .withLogprobs(0))
                    .toList();
            assertThat(requests).hasSize(11);
            List<Generation> generations = together(scheduler, requests);
            for (int i = 0; i < requests.size(); i++) {
                assertEveryTokenIsLikeliest(model, requests.get(i), generations.get(i));
            }
        }
    }

    private static void assertEveryTokenIsLikeliest(TinyModel model, GenerationRequest request, Generation generation) {
        try (Session session = new Session(model.decoder, model.kernels, CONTEXT)) {
            int[] next = request.promptTokens();
            for (TokenLogprobs logprobs : generation.logprobs()) {
                session.feed(next, 0, next.length, () -> false);
                float[] logits = session.logits();
                float highest = Float.NEGATIVE_INFINITY;
                for (float logit : logits) {
                    highest = Math.max(highest, logit);
                }
                int token = logprobs.chosen().token();
                assertThat(highest - logits[token])
                        .as("token %d of a prompt of %d", token, request.promptTokens().length)
                        .isLessThan(TOLERANCE);
                next = new int[] {token};
            }
        }
    }
}

package dev.caravan.engine.generate;

import java.util.List;

/**
 * How likely a drawn token was, and which others were likely: OpenAI's {@code logprobs}. The probabilities are the
 * softmax of the model's own logits, before a constraint, a penalty, the temperature or a filter changed them, so the
 * drawn token need not be among the likeliest.
 *
 * @param chosen the drawn token
 * @param top the likeliest tokens, likeliest first; as many as the request asked for
 */
public record TokenLogprobs(TokenLogprob chosen, List<TokenLogprob> top) {

    public TokenLogprobs {
        top = List.copyOf(top);
    }
}

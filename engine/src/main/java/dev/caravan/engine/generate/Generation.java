package dev.caravan.engine.generate;

import java.util.List;

/**
 * A finished generation.
 *
 * @param cachedPromptTokens how many of the prompt's tokens were found in the KV cache
 * @param logprobs one for each token but an end token, if the request asked for them
 */
public record Generation(
        String text,
        int promptTokens,
        int cachedPromptTokens,
        int completionTokens,
        FinishReason finishReason,
        List<TokenLogprobs> logprobs) {

    /** Why a generation ended. */
    public enum FinishReason {
        /** An end token or a stop text. */
        STOP,
        /** {@code maxTokens} or the end of the context. */
        LENGTH,
        CANCELLED
    }

    public Generation {
        logprobs = List.copyOf(logprobs);
    }

    /** Without log-probabilities. */
    public Generation(
            String text, int promptTokens, int cachedPromptTokens, int completionTokens, FinishReason finishReason) {
        this(text, promptTokens, cachedPromptTokens, completionTokens, finishReason, List.of());
    }
}

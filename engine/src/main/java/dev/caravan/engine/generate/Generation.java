package dev.caravan.engine.generate;

/**
 * A finished generation.
 *
 * @param cachedPromptTokens how many of the prompt's tokens were found in the KV cache
 */
public record Generation(
        String text, int promptTokens, int cachedPromptTokens, int completionTokens, FinishReason finishReason) {

    /** Why a generation ended. */
    public enum FinishReason {
        /** An end token or a stop text. */
        STOP,
        /** {@code maxTokens} or the end of the context. */
        LENGTH,
        CANCELLED
    }
}

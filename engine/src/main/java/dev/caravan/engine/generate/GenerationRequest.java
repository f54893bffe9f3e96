package dev.caravan.engine.generate;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * One generation.
 *
 * @param promptTokens the whole prompt, as {@code LanguageModel.encodeChat} or {@code encodeText} gave it
 * @param maxTokens the longest answer in tokens
 * @param stop texts that end the answer; they are not part of it
 * @param cancelled asked on the requesting thread before everything that the listener hears, and some fifty times a
 *     second while there is nothing to hear
 * @param constraint asked before every draw, on a thread of the engine; {@link TokenConstraint#NONE} leaves all tokens
 * @param topLogprobs how many of the likeliest tokens are reported beside each drawn one, 0 to
 *     {@value #MAX_TOP_LOGPROBS}, or {@link #NO_LOGPROBS}
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never written
public record GenerationRequest(
        int[] promptTokens,
        SamplingParameters sampling,
        int maxTokens,
        List<String> stop,
        BooleanSupplier cancelled,
        TokenConstraint constraint,
        int topLogprobs) {

    /** OpenAI's bound. */
    public static final int MAX_TOP_LOGPROBS = 20;

    /** Log-probabilities are neither computed nor reported. */
    public static final int NO_LOGPROBS = -1;

    public GenerationRequest {
        stop = List.copyOf(stop);
        if (maxTokens < 1) {
            throw new IllegalArgumentException("max_tokens must be 1 or more, got " + maxTokens);
        }
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("a stop text must not be empty");
        }
        if (topLogprobs < NO_LOGPROBS || topLogprobs > MAX_TOP_LOGPROBS) {
            throw new IllegalArgumentException(
                    "top_logprobs must be between 0 and %d, got %d".formatted(MAX_TOP_LOGPROBS, topLogprobs));
        }
    }

    /** Without log-probabilities. */
    public GenerationRequest(
            int[] promptTokens,
            SamplingParameters sampling,
            int maxTokens,
            List<String> stop,
            BooleanSupplier cancelled,
            TokenConstraint constraint) {
        this(promptTokens, sampling, maxTokens, stop, cancelled, constraint, NO_LOGPROBS);
    }

    /** Without a constraint or log-probabilities. */
    public GenerationRequest(
            int[] promptTokens,
            SamplingParameters sampling,
            int maxTokens,
            List<String> stop,
            BooleanSupplier cancelled) {
        this(promptTokens, sampling, maxTokens, stop, cancelled, TokenConstraint.NONE);
    }

    /**
     * The same request with log-probabilities.
     *
     * @param top how many of the likeliest tokens are reported beside each drawn one
     */
    public GenerationRequest withLogprobs(int top) {
        return new GenerationRequest(promptTokens, sampling, maxTokens, stop, cancelled, constraint, top);
    }

    /**
     * The request of one of several answers to this prompt (OpenAI's {@code n}): answer 0 has this request's seed, the
     * others seeds that follow from it.
     *
     * @param own this answer's constraint; a constraint belongs to one answer
     */
    public GenerationRequest forAnswer(int index, TokenConstraint own) {
        return new GenerationRequest(
                promptTokens, sampling.forAnswer(index), maxTokens, stop, cancelled, own, topLogprobs);
    }
}

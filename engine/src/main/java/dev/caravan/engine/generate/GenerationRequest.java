package dev.caravan.engine.generate;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

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
 * @param adapter what answers beside the base's weights, or null for the base alone
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never written
public record GenerationRequest(
        int[] promptTokens,
        SamplingParameters sampling,
        int maxTokens,
        List<String> stop,
        BooleanSupplier cancelled,
        TokenConstraint constraint,
        int topLogprobs,
        @Nullable AdapterChoice adapter) {

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

    /** Of the base alone. */
    public GenerationRequest(
            int[] promptTokens,
            SamplingParameters sampling,
            int maxTokens,
            List<String> stop,
            BooleanSupplier cancelled,
            TokenConstraint constraint,
            int topLogprobs) {
        this(promptTokens, sampling, maxTokens, stop, cancelled, constraint, topLogprobs, null);
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
        return new GenerationRequest(promptTokens, sampling, maxTokens, stop, cancelled, constraint, top, adapter);
    }

    /**
     * The same request, answered with an adapter.
     *
     * @param other one of the model that is asked
     * @param scale what everything that it adds is multiplied by: 1 as it was trained, 0 the bare base
     * @throws IllegalArgumentException if the scale is not a finite number
     */
    public GenerationRequest withAdapter(ServedAdapter other, float scale) {
        return new GenerationRequest(
                promptTokens,
                sampling,
                maxTokens,
                stop,
                cancelled,
                constraint,
                topLogprobs,
                new AdapterChoice(other, scale));
    }

    /**
     * The request of one of several answers to this prompt (OpenAI's {@code n}): answer 0 has this request's seed, the
     * others seeds that follow from it.
     *
     * @param own this answer's constraint; a constraint belongs to one answer
     */
    public GenerationRequest forAnswer(int index, TokenConstraint own) {
        return new GenerationRequest(
                promptTokens, sampling.forAnswer(index), maxTokens, stop, cancelled, own, topLogprobs, adapter);
    }
}

package dev.caravan.engine.generate;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * One generation.
 *
 * @param promptTokens the whole prompt, as {@code LanguageModel.encodeChat} or {@code encodeText} gave it
 * @param maxTokens the longest answer in tokens
 * @param stop texts that end the answer; they are not part of it
 * @param cancelled asked before every token, and while the prompt is read between two layers
 * @param constraint asked before every draw; {@link TokenConstraint#NONE} leaves all tokens
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never written
public record GenerationRequest(
        int[] promptTokens,
        SamplingParameters sampling,
        int maxTokens,
        List<String> stop,
        BooleanSupplier cancelled,
        TokenConstraint constraint) {

    public GenerationRequest {
        stop = List.copyOf(stop);
        if (maxTokens < 1) {
            throw new IllegalArgumentException("max_tokens must be 1 or more, got " + maxTokens);
        }
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("a stop text must not be empty");
        }
    }

    /** Without a constraint. */
    public GenerationRequest(
            int[] promptTokens,
            SamplingParameters sampling,
            int maxTokens,
            List<String> stop,
            BooleanSupplier cancelled) {
        this(promptTokens, sampling, maxTokens, stop, cancelled, TokenConstraint.NONE);
    }

    /** The same request, cancelled by something else. */
    public GenerationRequest withCancelled(BooleanSupplier other) {
        return new GenerationRequest(promptTokens, sampling, maxTokens, stop, other, constraint);
    }
}

package dev.caravan.engine.generate;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * One generation.
 *
 * @param promptTokens the whole prompt, as {@code LanguageModel.encodeChat} or {@code encodeText} gave it
 * @param maxTokens the longest answer in tokens
 * @param stop texts that end the answer; they are not part of it
 * @param cancelled asked before every token
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never written
public record GenerationRequest(
        int[] promptTokens, SamplingParameters sampling, int maxTokens, List<String> stop, BooleanSupplier cancelled) {}

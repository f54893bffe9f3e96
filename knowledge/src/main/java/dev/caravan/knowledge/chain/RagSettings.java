package dev.caravan.knowledge.chain;

import java.util.function.ToIntFunction;

/**
 * What the chain must know of the chat model.
 *
 * @param style how its prompts are worded
 * @param tokenCounter counts its tokens of a text
 * @param contextTokens size of its context
 * @param answerTokens part of the context that is kept for the answer, if the request names no limit
 */
public record RagSettings(PromptStyle style, ToIntFunction<String> tokenCounter, int contextTokens, int answerTokens) {

    public RagSettings {
        if (answerTokens < 1 || contextTokens < answerTokens + 64) {
            throw new IllegalArgumentException("a context of " + contextTokens + " tokens leaves no room beside "
                    + answerTokens + " tokens for the answer");
        }
    }
}

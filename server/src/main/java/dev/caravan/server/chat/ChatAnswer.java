package dev.caravan.server.chat;

import dev.caravan.server.conversations.Annotation;
import dev.caravan.server.conversations.AnswerSource;
import java.util.List;

/**
 * A finished answer.
 *
 * @param prompt the messages as the model was given them
 * @param promptTokens the whole prompt
 * @param cachedTokens the part of the prompt that needed no work
 * @param isStopped whether the client ended it
 * @param isCutOff whether a limit of length ended it
 */
record ChatAnswer(
        String content,
        List<Annotation> annotations,
        List<AnswerSource> sources,
        String prompt,
        int promptTokens,
        int cachedTokens,
        int completionTokens,
        boolean isStopped,
        boolean isCutOff) {

    /** OpenAI's word for why it ended. */
    String finishReason() {
        return isCutOff ? "length" : "stop";
    }
}

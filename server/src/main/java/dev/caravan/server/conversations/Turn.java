package dev.caravan.server.conversations;

import java.util.List;

/**
 * An answer that is about to be generated.
 *
 * @param messageId the answer's message
 * @param versionId the version that is being made
 * @param history the conversation before the question, oldest first, questions and answers in turn
 * @param question what is to be answered
 */
public record Turn(String messageId, String versionId, List<Past> history, String question) {

    /** A question with its answer. */
    public record Past(String question, String answer) {}

    public Turn {
        history = List.copyOf(history);
    }
}

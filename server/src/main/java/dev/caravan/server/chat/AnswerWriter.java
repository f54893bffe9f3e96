package dev.caravan.server.chat;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Writes one answer to its client. Every method fails with an {@link IOException} once the client has gone. Used by one
 * thread.
 */
interface AnswerWriter {

    /**
     * What is the same in all parts of an answer.
     *
     * @param created in seconds
     * @param hasSources whether documents were asked for
     * @param includesUsage whether a stream ends with the token counts
     */
    record Head(String id, long created, String model, boolean hasSources, boolean includesUsage) {}

    void text(String text) throws IOException;

    /** Nothing new for a while: writes something without meaning, which is how a closed connection is noticed. */
    void heartbeat() throws IOException;

    /**
     * The end of an answer.
     *
     * @param messageId the stored message, or null
     */
    void end(ChatAnswer answer, @Nullable String messageId) throws IOException;

    /**
     * The end of an answer that failed: thrown on if nothing was sent, so that it gets its own status.
     *
     * @throws RuntimeException the failure
     */
    void fail(Throwable failure) throws IOException;
}

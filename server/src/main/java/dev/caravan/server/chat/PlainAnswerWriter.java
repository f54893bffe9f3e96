package dev.caravan.server.chat;

import dev.caravan.server.chat.ChatObjects.Choice;
import dev.caravan.server.chat.ChatObjects.Completion;
import dev.caravan.server.chat.ChatObjects.Message;
import dev.caravan.server.chat.ChatObjects.Usage;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * An answer as one JSON object. Once the first token is there, white space is sent as a heartbeat: JSON allows it before
 * the object, and it tells whether the client still waits.
 */
final class PlainAnswerWriter implements AnswerWriter {

    private final HttpServletResponse response;
    private final JsonMapper json;
    private final Head head;
    private boolean hasText;
    private boolean isStarted;

    PlainAnswerWriter(HttpServletResponse response, JsonMapper json, Head head) {
        this.response = response;
        this.json = json;
        this.head = head;
    }

    @Override
    public void text(String text) throws IOException {
        hasText = true;
        heartbeat();
    }

    @Override
    public void heartbeat() throws IOException {
        if (hasText) { // before, an error may still want a status of its own
            write(" ".getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Override
    public void end(ChatAnswer answer, @Nullable String messageId) throws IOException {
        Message message = new Message(
                "assistant",
                answer.content(),
                null,
                answer.annotations(),
                head.hasSources() ? answer.sources() : null,
                messageId);
        write(json.writeValueAsBytes(new Completion(
                head.id(),
                "chat.completion",
                head.created(),
                head.model(),
                List.of(new Choice(0, message, null, answer.finishReason())),
                Usage.of(answer),
                null)));
    }

    private void write(byte[] bytes) throws IOException {
        if (!isStarted) {
            response.setContentType(MediaType.APPLICATION_JSON_VALUE);
            response.setCharacterEncoding(StandardCharsets.UTF_8.name());
            isStarted = true;
        }
        response.getOutputStream().write(bytes);
        response.flushBuffer();
    }

    @Override
    public void fail(Throwable failure) throws IOException {
        if (!isStarted) {
            throw Failures.unchecked(failure);
        }
        // The status is sent; a body that breaks off is the one honest answer left.
        throw new IOException("the answer failed after its first token", failure);
    }
}

package dev.caravan.server.chat;

import dev.caravan.server.api.ErrorEnvelope;
import dev.caravan.server.chat.ChatObjects.Chunk;
import dev.caravan.server.chat.ChatObjects.ChunkChoice;
import dev.caravan.server.chat.ChatObjects.Delta;
import dev.caravan.server.chat.ChatObjects.Usage;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * An answer as server-sent events in OpenAI's order: the role, the texts, the end with its reason, the usage if it was asked
 * for, {@code [DONE]}. The response begins with the first event or heartbeat, so that an early error has its own status.
 */
final class StreamedAnswerWriter implements AnswerWriter {

    private static final String EVENT = "data: %s\n\n";

    private final HttpServletResponse response;
    private final JsonMapper json;
    private final Head head;
    private boolean isStarted;

    StreamedAnswerWriter(HttpServletResponse response, JsonMapper json, Head head) {
        this.response = response;
        this.json = json;
        this.head = head;
    }

    @Override
    public void text(String text) throws IOException {
        start();
        chunk(Delta.text(text), null);
    }

    @Override
    public void heartbeat() throws IOException {
        start();
        write(": waiting\n\n");
    }

    @Override
    public void end(ChatAnswer answer, @Nullable String messageId) throws IOException {
        start();
        Delta last = new Delta(
                null,
                null,
                head.hasSources() ? answer.annotations() : null,
                head.hasSources() ? answer.sources() : null,
                messageId);
        chunk(last, answer.finishReason());
        if (head.includesUsage()) {
            event(new Chunk(
                    head.id(),
                    "chat.completion.chunk",
                    head.created(),
                    head.model(),
                    null,
                    List.of(),
                    Usage.of(answer)));
        }
        write(EVENT.formatted("[DONE]"));
    }

    @Override
    public void fail(Throwable failure) throws IOException {
        if (!isStarted) {
            throw Failures.unchecked(failure);
        }
        event(ErrorEnvelope.of(Failures.forClient(failure)));
    }

    private void start() throws IOException {
        if (!isStarted) {
            isStarted = true;
            response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
            response.setCharacterEncoding(StandardCharsets.UTF_8.name());
            response.setHeader("X-Accel-Buffering", "no");
            chunk(Delta.begin(), null);
        }
    }

    private void chunk(Delta delta, @Nullable String finishReason) throws IOException {
        event(new Chunk(
                head.id(),
                "chat.completion.chunk",
                head.created(),
                head.model(),
                null,
                List.of(new ChunkChoice(0, delta, null, finishReason)),
                null));
    }

    private void event(Object body) throws IOException {
        write(EVENT.formatted(json.writeValueAsString(body)));
    }

    private void write(String text) throws IOException {
        response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        response.flushBuffer();
    }
}

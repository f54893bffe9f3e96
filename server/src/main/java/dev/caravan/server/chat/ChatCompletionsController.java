package dev.caravan.server.chat;

import dev.caravan.server.api.IdGenerator;
import dev.caravan.server.models.ModelRegistry;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * OpenAI's chat completions. The request's own thread, a virtual one, waits for the answer's events and writes them; it
 * alone writes to the connection, and so is the one that notices when the client has gone.
 */
@RestController
class ChatCompletionsController {

    private final ChatRequestParser parser;
    private final ChatService service;
    private final ModelRegistry models;
    private final ChatProperties properties;
    private final JsonMapper json;
    private final IdGenerator ids;
    private final Clock clock;

    ChatCompletionsController(
            ChatRequestParser parser,
            ChatService service,
            ModelRegistry models,
            ChatProperties properties,
            JsonMapper json,
            IdGenerator ids,
            Clock clock) {
        this.parser = parser;
        this.service = service;
        this.models = models;
        this.properties = properties;
        this.json = json;
        this.ids = ids;
        this.clock = clock;
    }

    @PostMapping("/v1/chat/completions")
    void create(@RequestBody ObjectNode body, HttpServletResponse response) throws IOException {
        ChatRequest request = parser.parse(body);
        AnswerWriter.Head head = new AnswerWriter.Head(
                ids.next(IdGenerator.Kind.CHAT_COMPLETION),
                clock.instant().getEpochSecond(),
                models.requireChat(request.model()).id(),
                request.fileSearch() != null,
                request.includesUsage());
        RunningAnswer answer = service.start(request);
        AnswerWriter writer = request.isStreamed()
                ? new StreamedAnswerWriter(response, json, head)
                : new PlainAnswerWriter(response, json, head);
        try {
            AnswerDelivery.deliver(answer, writer, properties.heartbeat());
        } finally {
            answer.cancel(); // does nothing to an answer that has ended
        }
    }
}

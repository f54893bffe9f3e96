package dev.caravan.server.chat;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.JsonFields;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** OpenAI's messages to LangChain4j's: text of system, developer, user and assistant. */
final class ChatMessages {

    private ChatMessages() {}

    /**
     * Reads {@code messages}.
     *
     * @param isRequired whether there must be one
     */
    static List<ChatMessage> parse(JsonFields fields, boolean isRequired) {
        List<JsonFields> objects = fields.objects("messages");
        if (objects.isEmpty() && isRequired) {
            throw fields.missing("messages");
        }
        List<ChatMessage> messages = new ArrayList<>(objects.size());
        for (JsonFields object : objects) {
            messages.add(message(object));
        }
        return messages;
    }

    private static ChatMessage message(JsonFields fields) {
        String role = fields.requiredText("role", 64);
        if (fields.has("tool_calls") || fields.has("function_call")) {
            throw unsupported(fields.param("tool_calls"), "Tool calls are not supported; send messages of text only.");
        }
        String text = text(fields);
        return switch (role) {
            case "system", "developer" -> SystemMessage.from(text);
            case "user" -> UserMessage.from(text);
            case "assistant" -> AiMessage.from(text);
            case "tool", "function" ->
                throw unsupported(fields.param("role"), "Messages of tools are not supported; send text only.");
            default ->
                throw ApiException.invalid(
                        fields.param("role"), "'role' must be system, developer, user or assistant.");
        };
    }

    /** A text, or OpenAI's list of parts, all of them text. */
    private static String text(JsonFields fields) {
        JsonNode content = fields.find("content");
        if (content == null) {
            throw fields.missing("content");
        }
        String text = content.isArray() ? parts(fields) : fields.text("content");
        if (text == null || text.isBlank()) {
            throw ApiException.invalid(fields.param("content"), "A message must not be empty.");
        }
        return text;
    }

    private static String parts(JsonFields fields) {
        StringBuilder text = new StringBuilder();
        for (JsonFields part : fields.objects("content")) {
            String type = part.requiredText("type", 64);
            if (!type.equals("text")) {
                throw unsupported(
                        part.param("type"), "Parts of type '%s' are not supported; send text.".formatted(type));
            }
            String piece = part.text("text");
            if (piece == null) {
                throw part.missing("text");
            }
            text.append(piece);
        }
        return text.toString();
    }

    private static ApiException unsupported(String param, String message) {
        return new ApiException(ApiErrorCode.UNSUPPORTED_PARAMETER, param, message);
    }
}

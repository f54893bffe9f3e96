package dev.caravan.engine.train.dataset;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.ToolCall;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Turn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's chat format: {@code {"messages": [...], "tools": [...]}}. All of the assistant's messages are learned, but for
 * those of {@code weight} 0. Other fields of a row and of a message are ignored.
 */
final class ChatRows {
    private static final String CONTENT = "content";

    private ChatRows() {}

    static Conversation parse(RowFields row) {
        return new Conversation(turns(row, "messages"), RowTools.definitions(row));
    }

    /** The messages of a list; system messages without text are dropped. */
    static List<Turn> turns(RowFields row, String key) {
        List<Turn> turns = new ArrayList<>();
        for (RowFields message : row.objects(key)) {
            String role = message.text("role");
            String text = content(message);
            switch (role) {
                case "system", "developer" -> {
                    if (text != null && !text.isBlank()) {
                        turns.add(given(message, new ChatMessage("system", text)));
                    }
                }
                case "user" -> turns.add(given(message, named(message, filled(message, text))));
                case "assistant" -> turns.add(assistant(message, text));
                case "tool" -> turns.add(given(message, result(message, text)));
                default ->
                    throw new InvalidRowException("%s is '%s'; roles are system, developer, user, assistant and tool"
                            .formatted(message.name("role"), RowFields.shown(role)));
            }
        }
        return turns;
    }

    private static Turn given(RowFields message, ChatMessage given) {
        if (weight(message, 0) != 0) {
            throw new InvalidRowException("%s is 1, but only the assistant's messages are learned; remove it"
                    .formatted(message.name("weight")));
        }
        return new Turn(given, false);
    }

    private static Turn assistant(RowFields message, @Nullable String text) {
        if (message.has("function_call")) {
            throw new InvalidRowException(
                    "%s is the old form of a call; write it under tool_calls".formatted(message.name("function_call")));
        }
        boolean isLearned = weight(message, 1) == 1;
        List<ToolCall> calls = RowTools.calls(message);
        boolean isEmpty = text == null || text.isBlank();
        if (isLearned && isEmpty && calls.isEmpty()) {
            throw new InvalidRowException("the assistant's answer %s is empty; write one, or give it the weight 0"
                    .formatted(message.name(CONTENT)));
        }
        String content = isEmpty ? "" : text;
        ChatMessage answer =
                calls.isEmpty() ? new ChatMessage("assistant", content) : ChatMessage.ofToolCalls(content, calls);
        for (String key : List.of("reasoning_content", "thinking")) {
            if (message.has(key)) {
                answer = answer.withReasoningContent(message.text(key));
            }
        }
        return new Turn(answer, isLearned);
    }

    private static ChatMessage filled(RowFields message, @Nullable String text) {
        if (text == null || text.isBlank()) {
            throw new InvalidRowException("%s is empty; write a text".formatted(message.name(CONTENT)));
        }
        return new ChatMessage(message.text("role"), text);
    }

    private static ChatMessage named(RowFields message, ChatMessage plain) {
        return message.has("name")
                ? new ChatMessage(plain.role(), plain.content(), List.of(), null, List.of(), null, message.text("name"))
                : plain;
    }

    private static ChatMessage result(RowFields message, @Nullable String text) {
        if (text == null) {
            throw message.wrong(CONTENT, "a string");
        }
        return ChatMessage.ofToolResult(
                message.has("tool_call_id") ? message.text("tool_call_id") : null,
                message.has("name") ? message.text("name") : null,
                text);
    }

    private static int weight(RowFields message, int otherwise) {
        if (!message.has("weight")) {
            return otherwise;
        }
        if (message.value("weight") instanceof Number number
                && (number.doubleValue() == 0 || number.doubleValue() == 1)) {
            return number.intValue();
        }
        throw message.wrong("weight", "0 or 1");
    }

    /** A string, or a list of parts, all of them text, which are joined as the server joins them. */
    private static @Nullable String content(RowFields message) {
        if (!message.has(CONTENT)) {
            return null;
        }
        if (!(message.value(CONTENT) instanceof List)) {
            return message.text(CONTENT);
        }
        StringBuilder text = new StringBuilder();
        for (RowFields part : message.objects(CONTENT)) {
            String type = part.text("type");
            if (!type.equals("text")) {
                throw new InvalidRowException("%s is '%s'; only parts of type text can be learned"
                        .formatted(part.name("type"), RowFields.shown(type)));
            }
            text.append(part.text("text"));
        }
        return text.toString();
    }
}

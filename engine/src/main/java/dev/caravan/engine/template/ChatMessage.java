package dev.caravan.engine.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation, with the fields of OpenAI's API that templates read. A field that is absent is undefined
 * for the template.
 *
 * @param role {@code system}, {@code user}, {@code assistant} or {@code tool}
 * @param content the text; absent where an assistant only called tools, or where {@code parts} hold it
 * @param parts the texts of a content that was sent as a list; templates see the list, and those that expect a string
 *     print it as Python would, so that joining the texts first is usually right
 * @param reasoningContent what the assistant thought before it answered
 * @param toolCalls what the assistant called
 * @param toolCallId in a message of role {@code tool}: the call that it answers
 * @param name in a message of role {@code tool}: the function's name; else the participant's
 */
public record ChatMessage(
        String role,
        @Nullable String content,
        List<String> parts,
        @Nullable String reasoningContent,
        List<ToolCall> toolCalls,
        @Nullable String toolCallId,
        @Nullable String name) {

    public ChatMessage {
        parts = List.copyOf(parts);
        toolCalls = List.copyOf(toolCalls);
        if (content != null && !parts.isEmpty()) {
            throw new IllegalArgumentException("a message has either one content or a list of parts, not both");
        }
    }

    public ChatMessage(String role, @Nullable String content) {
        this(role, content, List.of(), null, List.of(), null, null);
    }

    /** A message whose content was sent as a list of texts. */
    public static ChatMessage ofParts(String role, List<String> parts) {
        return new ChatMessage(role, null, parts, null, List.of(), null, null);
    }

    /** An assistant's message that calls tools. */
    public static ChatMessage ofToolCalls(@Nullable String content, List<ToolCall> toolCalls) {
        return new ChatMessage("assistant", content, List.of(), null, toolCalls, null, null);
    }

    /** What a tool gave back. */
    public static ChatMessage ofToolResult(@Nullable String toolCallId, @Nullable String name, String content) {
        return new ChatMessage("tool", content, List.of(), null, List.of(), toolCallId, name);
    }

    /** This message with what the assistant thought before it. */
    public ChatMessage withReasoningContent(String other) {
        return new ChatMessage(role, content, parts, other, toolCalls, toolCallId, name);
    }

    /** All text of the content, empty if there is none. */
    public String text() {
        return content == null ? String.join("", parts) : content;
    }
}

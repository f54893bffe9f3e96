package dev.caravan.engine.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Messages and options as the variables that transformers gives a template: what is absent is undefined in a message, but
 * {@code tools} and {@code documents} are None; reasoning stands under both names that templates read.
 */
final class MessageVariables {
    /** Roles count as the template's own words: some templates build control tokens of them, as in {@code <|user|>}. */
    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool");

    private MessageVariables() {}

    static Map<String, Object> of(List<ChatMessage> messages, TemplateOptions options) {
        Map<String, Object> variables = new LinkedHashMap<>(options.variables());
        List<Object> dictionaries = new ArrayList<>();
        for (ChatMessage message : messages) {
            dictionaries.add(dictionary(message));
        }
        variables.put("messages", dictionaries);
        if (options.tools() != null) {
            variables.put("tools", options.tools());
        }
        if (options.documents() != null) {
            variables.put("documents", options.documents());
        }
        variables.put("add_generation_prompt", options.addGenerationPrompt());
        return variables;
    }

    private static Map<String, Object> dictionary(ChatMessage message) {
        Map<String, Object> dictionary = new LinkedHashMap<>();
        if (message.reasoningContent() != null) {
            dictionary.put("thinking", message.reasoningContent());
        }
        dictionary.put("role", ROLES.contains(message.role()) ? Text.trusted(message.role()) : message.role());
        if (message.content() != null) {
            dictionary.put("content", message.content());
        } else if (!message.parts().isEmpty()) {
            List<Object> parts = new ArrayList<>();
            for (String text : message.parts()) {
                parts.add(part(text));
            }
            dictionary.put("content", parts);
        }
        if (!message.toolCalls().isEmpty()) {
            dictionary.put(
                    "tool_calls",
                    message.toolCalls().stream().map(MessageVariables::call).toList());
        }
        if (message.toolCallId() != null) {
            dictionary.put("tool_call_id", message.toolCallId());
        }
        if (message.name() != null) {
            dictionary.put("name", message.name());
        }
        if (message.reasoningContent() != null) {
            dictionary.put("reasoning_content", message.reasoningContent());
        }
        return dictionary;
    }

    private static Map<String, Object> part(String text) {
        Map<String, Object> part = new LinkedHashMap<>();
        part.put("type", "text");
        part.put("text", text);
        return part;
    }

    private static Map<String, Object> call(ToolCall call) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", call.name());
        function.put("arguments", call.arguments());
        Map<String, Object> dictionary = new LinkedHashMap<>();
        if (call.id() != null) {
            dictionary.put("id", call.id());
        }
        dictionary.put("type", "function");
        dictionary.put("function", function);
        return dictionary;
    }
}

package dev.caravan.engine.train.dataset;

import dev.caravan.engine.format.json.JsonText;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.ToolCall;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Document;
import dev.caravan.engine.train.dataset.DatasetRow.Turn;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * SHA-256 of a row's content in one canonical form, whatever the format that it came in: equal rows of an Alpaca and of a
 * chat file have equal digests.
 */
final class RowDigest {

    private RowDigest() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /**
     * The 32 bytes.
     *
     * @throws InvalidRowException if a value of the row has no JSON form (NaN)
     */
    static byte[] of(DatasetRow row) {
        try {
            return sha256().digest(JsonText.compact(canonical(row)).getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException noJson) {
            throw new InvalidRowException("%s; write a number".formatted(noJson.getMessage()));
        }
    }

    private static Map<String, Object> canonical(DatasetRow row) {
        Map<String, Object> fields = new LinkedHashMap<>();
        switch (row) {
            case Document document -> fields.put("text", document.text());
            case Conversation conversation -> {
                fields.put(
                        "messages",
                        conversation.turns().stream().map(RowDigest::turn).toList());
                if (conversation.tools() != null) {
                    fields.put("tools", conversation.tools());
                }
            }
        }
        return fields;
    }

    private static Map<String, Object> turn(Turn turn) {
        ChatMessage message = turn.message();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("role", message.role());
        fields.put("content", message.text());
        if (message.reasoningContent() != null) {
            fields.put("reasoning_content", message.reasoningContent());
        }
        if (!message.toolCalls().isEmpty()) {
            List<Object> calls = new ArrayList<>();
            for (ToolCall call : message.toolCalls()) {
                calls.add(List.of(call.id() == null ? "" : call.id(), call.name(), call.arguments()));
            }
            fields.put("tool_calls", calls);
        }
        if (message.toolCallId() != null) {
            fields.put("tool_call_id", message.toolCallId());
        }
        if (message.name() != null) {
            fields.put("name", message.name());
        }
        fields.put("learned", turn.learned());
        return fields;
    }
}

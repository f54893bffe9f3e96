package dev.caravan.engine.template;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A function that the assistant called, as in OpenAI's {@code tool_calls} (type {@code function}).
 *
 * @param id what the result refers to, if the conversation has ids
 * @param arguments a map of JSON-like values, which templates write as JSON; or a string, which some templates print as it
 *     is and others quote
 */
public record ToolCall(@Nullable String id, String name, Object arguments) {

    public ToolCall {
        arguments = switch (arguments) {
            case String text -> text;
            case Map<?, ?> map -> Collections.unmodifiableMap(new LinkedHashMap<>(map));
            default ->
                throw new IllegalArgumentException(
                        "the arguments of the tool call '%s' should be a map or a string, got %s"
                                .formatted(name, arguments.getClass().getName()));
        };
    }
}

package dev.caravan.engine.template;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import java.nio.file.Path;
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

    /**
     * A call as OpenAI's API sends it, with its arguments as JSON text. An object becomes a map, which every template
     * writes as JSON; whatever else the text holds stays as it is.
     */
    public static ToolCall ofJson(@Nullable String id, String name, String arguments) {
        try {
            return new ToolCall(
                    id, name, JsonObject.parse(Path.of("arguments"), arguments).values());
        } catch (ModelFormatException notAnObject) {
            return new ToolCall(id, name, arguments);
        }
    }
}

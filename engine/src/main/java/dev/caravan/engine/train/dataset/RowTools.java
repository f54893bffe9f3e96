package dev.caravan.engine.train.dataset;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.template.ToolCall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The functions that a row defines and the calls that its assistant makes. */
final class RowTools {
    private static final String TOOLS = "tools";
    private static final Path PLACE = Path.of("tools");

    private RowTools() {}

    /**
     * The row's field {@code tools}: a list, or the JSON text of one, of functions in OpenAI's form
     * ({@code {"type": "function", "function": {...}}}) or bare ({@code {"name": ..., "parameters": ...}}), which gets that
     * form.
     *
     * @return null if there are none
     */
    static @Nullable List<Map<String, ?>> definitions(RowFields row) {
        if (!row.has(TOOLS) || (row.value(TOOLS) instanceof String text && text.isBlank())) {
            return null;
        }
        RowFields source = row.value(TOOLS) instanceof String text ? parsed(text) : row;
        List<Map<String, ?>> tools = new ArrayList<>();
        for (RowFields tool : source.objects(TOOLS)) {
            Map<String, Object> function = copy(tool.values());
            if (!tool.has("function")) {
                tool.filledText("name");
                Map<String, Object> wrapped = new LinkedHashMap<>();
                wrapped.put("type", "function");
                wrapped.put("function", function);
                function = wrapped;
            } else {
                tool.object("function").filledText("name");
            }
            tools.add(function);
        }
        return tools.isEmpty() ? null : tools;
    }

    /** The calls under {@code tool_calls} of a message, as OpenAI's API has them; none if the field is absent. */
    static List<ToolCall> calls(RowFields message) {
        if (!message.has("tool_calls")) {
            return List.of();
        }
        List<ToolCall> calls = new ArrayList<>();
        for (RowFields call : message.objects("tool_calls")) {
            calls.add(call(call.has("id") ? call.text("id") : null, call.object("function")));
        }
        return calls;
    }

    /** The calls that ShareGPT's {@code function_call} holds: the JSON text of one {@code {name, arguments}} or of several. */
    static List<ToolCall> calls(RowFields turn, String key) {
        String text = turn.text(key);
        RowFields parsed = parsedValue(turn.name(key), text);
        if (parsed.value(TOOLS) instanceof Map<?, ?> only) {
            return List.of(call(null, new RowFields(turn.name(key), only)));
        }
        List<ToolCall> calls = new ArrayList<>();
        for (RowFields call : parsed.objects(TOOLS)) {
            calls.add(call(null, call));
        }
        if (calls.isEmpty()) {
            throw new InvalidRowException("%s calls nothing; write at least one call".formatted(turn.name(key)));
        }
        return calls;
    }

    private static ToolCall call(@Nullable String id, RowFields function) {
        String name = function.filledText("name");
        Object arguments = function.has("arguments") ? function.value("arguments") : Map.of();
        return switch (arguments) {
            case String text -> ToolCall.ofJson(id, name, text);
            case Map<?, ?> map -> new ToolCall(id, name, map);
            case null, default -> throw function.wrong("arguments", "an object, or its JSON text");
        };
    }

    private static RowFields parsed(String text) {
        return parsedValue(TOOLS, text);
    }

    /** The value of a JSON text, under the key {@code tools}. */
    private static RowFields parsedValue(String name, String text) {
        try {
            return new RowFields(
                    "", JsonObject.parse(PLACE, "{\"tools\": " + text + "}").values());
        } catch (ModelFormatException unsound) {
            throw new InvalidRowException(
                    "%s should hold JSON text, it holds '%s'".formatted(name, RowFields.shown(text)));
        }
    }

    private static Map<String, Object> copy(Map<?, ?> map) {
        Map<String, Object> copy = new LinkedHashMap<>();
        // A template cannot tell a null from an absent key in a definition.
        map.forEach((key, value) -> {
            if (value != null) {
                copy.put(Objects.toString(key), value);
            }
        });
        return copy;
    }
}

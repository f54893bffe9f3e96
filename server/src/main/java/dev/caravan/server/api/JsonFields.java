package dev.caravan.server.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of a JSON request, read one by one so that a mistake is answered with the field's name. A field that is null
 * counts as absent; unknown fields are nobody's business.
 */
public final class JsonFields {

    private static final int MAX_ITEMS = 2048;

    private final ObjectNode node;
    private final String path;

    public JsonFields(ObjectNode body) {
        this(body, "");
    }

    private JsonFields(ObjectNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /** The field's name as the client knows it, for example {@code file_search.max_num_results}. */
    public String param(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    public boolean has(String name) {
        return find(name) != null;
    }

    public @Nullable String text(String name) {
        JsonNode value = find(name);
        if (value == null) {
            return null;
        }
        if (!value.isString()) {
            throw wrongType(name, "a string");
        }
        return checked(param(name), value.stringValue());
    }

    /** A text that must be there, of at most {@code maxLength} UTF-16 code units. */
    public String requiredText(String name, int maxLength) {
        String value = text(name);
        if (value == null) {
            throw missing(name);
        }
        if (value.isBlank()) {
            throw ApiException.invalid(param(name), "'%s' must not be empty.".formatted(param(name)));
        }
        requireLength(name, value, maxLength);
        return value;
    }

    /** A text of at most {@code maxLength} UTF-16 code units, or null. */
    public @Nullable String text(String name, int maxLength) {
        String value = text(name);
        if (value != null) {
            requireLength(name, value, maxLength);
        }
        return value;
    }

    public boolean flag(String name, boolean absent) {
        JsonNode value = find(name);
        if (value == null) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw wrongType(name, "true or false");
        }
        return value.booleanValue();
    }

    public OptionalDouble number(String name, double least, double most) {
        JsonNode value = find(name);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (!value.isNumber()) {
            throw wrongType(name, "a number");
        }
        double number = value.doubleValue();
        if (!(number >= least && number <= most)) {
            throw ApiException.invalid(
                    param(name), "'%s' must be from %s to %s.".formatted(param(name), plain(least), plain(most)));
        }
        return OptionalDouble.of(number);
    }

    public OptionalLong wholeNumber(String name, long least, long most) {
        JsonNode value = find(name);
        if (value == null) {
            return OptionalLong.empty();
        }
        if (!value.isIntegralNumber()) {
            throw wrongType(name, "a whole number");
        }
        if (!value.canConvertToLong() || value.longValue() < least || value.longValue() > most) {
            throw ApiException.invalid(param(name), "'%s' must be from %d to %d.".formatted(param(name), least, most));
        }
        return OptionalLong.of(value.longValue());
    }

    /** A list of strings, or one string, as OpenAI allows for {@code stop}, {@code input} and {@code query}. */
    public List<String> oneOrMoreTexts(String name, int maxItems) {
        JsonNode value = find(name);
        if (value != null && value.isString()) {
            return List.of(checked(param(name), value.stringValue()));
        }
        return texts(name, maxItems);
    }

    /** A list of strings; empty when absent. */
    public List<String> texts(String name, int maxItems) {
        List<String> texts = new ArrayList<>();
        for (JsonNode item : items(name, maxItems)) {
            if (!item.isString()) {
                throw wrongType(name, "a list of strings");
            }
            texts.add(checked(param(name), item.stringValue()));
        }
        return List.copyOf(texts);
    }

    /** An object, or null. */
    public @Nullable JsonFields object(String name) {
        JsonNode value = find(name);
        if (value == null) {
            return null;
        }
        if (!(value instanceof ObjectNode object)) {
            throw wrongType(name, "an object");
        }
        return new JsonFields(object, param(name));
    }

    /** A list of objects; empty when absent. */
    public List<JsonFields> objects(String name) {
        List<JsonFields> objects = new ArrayList<>();
        int index = 0;
        for (JsonNode item : items(name, MAX_ITEMS)) {
            if (!(item instanceof ObjectNode object)) {
                throw wrongType(name, "a list of objects");
            }
            objects.add(new JsonFields(object, "%s[%d]".formatted(param(name), index++)));
        }
        return List.copyOf(objects);
    }

    /**
     * OpenAI's {@code metadata}: at most 16 short texts.
     *
     * @return empty when absent
     */
    public Map<String, String> metadata(String name) {
        JsonFields object = object(name);
        if (object == null) {
            return Map.of();
        }
        if (object.node.size() > 16) {
            throw ApiException.invalid(param(name), "'%s' holds at most 16 pairs.".formatted(param(name)));
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String key : object.node.propertyNames()) {
            String value = object.text(key, 512);
            if (key.length() > 64 || key.indexOf('\0') >= 0) {
                throw ApiException.invalid(param(name), "A key of '%s' has at most 64 characters.".formatted(name));
            }
            if (value != null) {
                metadata.put(key, value);
            }
        }
        return metadata;
    }

    /** The raw value, or null when absent. */
    public @Nullable JsonNode find(String name) {
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    public ApiException missing(String name) {
        return new ApiException(
                ApiErrorCode.MISSING_REQUIRED_PARAMETER,
                param(name),
                "The parameter '%s' is missing.".formatted(param(name)));
    }

    public ApiException wrongType(String name, String expected) {
        return ApiException.invalid(param(name), "'%s' must be %s.".formatted(param(name), expected));
    }

    private List<JsonNode> items(String name, int maxItems) {
        JsonNode value = find(name);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrongType(name, "a list");
        }
        if (value.size() > maxItems) {
            throw ApiException.invalid(param(name), "'%s' holds at most %d items.".formatted(param(name), maxItems));
        }
        List<JsonNode> items = new ArrayList<>();
        value.forEach(items::add);
        return items;
    }

    private void requireLength(String name, String value, int maxLength) {
        if (value.length() > maxLength) {
            throw ApiException.invalid(
                    param(name), "'%s' has at most %d characters.".formatted(param(name), maxLength));
        }
    }

    /** PostgreSQL stores neither NUL nor half a surrogate pair, so neither is let in. */
    private static String checked(String param, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (c == '\0' || (Character.isSurrogate(c) && !pair)) {
                throw ApiException.invalid(param, "'%s' holds a character that is not Unicode text.".formatted(param));
            }
            if (pair) {
                i++;
            }
        }
        return text;
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}

package dev.caravan.engine.train.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an object in a row. A getter that finds another kind of value throws {@link InvalidRowException} with the
 * field's place. A field that holds {@code null} counts as absent.
 *
 * @param place where the object stands, for example {@code messages[1]}; empty for the row itself
 */
record RowFields(String place, Map<?, ?> values) {
    private static final int SHOWN = 40;

    boolean has(String key) {
        return values.get(key) != null;
    }

    @Nullable
    Object value(String key) {
        return values.get(key);
    }

    /** A field's name with its place. */
    String name(String key) {
        return place.isEmpty() ? key : place + "." + key;
    }

    String text(String key) {
        if (values.get(key) instanceof String text) {
            return text;
        }
        throw wrong(key, "a string");
    }

    String text(String key, String otherwise) {
        return has(key) ? text(key) : otherwise;
    }

    /** A text with something in it besides white space. */
    String filledText(String key) {
        String text = text(key);
        if (text.isBlank()) {
            throw new InvalidRowException("%s is empty; write a text".formatted(name(key)));
        }
        return text;
    }

    RowFields object(String key) {
        if (values.get(key) instanceof Map<?, ?> map) {
            return new RowFields(name(key), map);
        }
        throw wrong(key, "an object");
    }

    List<?> list(String key) {
        if (values.get(key) instanceof List<?> list) {
            return list;
        }
        throw wrong(key, "a list");
    }

    List<RowFields> objects(String key) {
        List<RowFields> objects = new ArrayList<>();
        for (Object element : list(key)) {
            if (!(element instanceof Map<?, ?> map)) {
                throw wrong(key, "a list of objects");
            }
            objects.add(new RowFields("%s[%d]".formatted(name(key), objects.size()), map));
        }
        return objects;
    }

    InvalidRowException wrong(String key, String wanted) {
        Object value = values.get(key);
        if (value == null) {
            return new InvalidRowException("%s is missing; it should be %s".formatted(name(key), wanted));
        }
        String kind = switch (value) {
            case String text -> "the string '%s'".formatted(shown(text));
            case Map<?, ?> map -> "an object";
            case List<?> list -> "a list";
            default -> value.toString();
        };
        return new InvalidRowException("%s should be %s, it is %s".formatted(name(key), wanted, kind));
    }

    /** A text short enough for a message. */
    static String shown(String text) {
        String line = text.replaceAll("\\p{Cntrl}", " ");
        return line.length() > SHOWN
                ? line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, SHOWN) - 1)) + "…"
                : line;
    }
}

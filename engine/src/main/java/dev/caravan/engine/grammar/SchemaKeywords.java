package dev.caravan.engine.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One schema's keywords, with the place of the schema for messages. What is asked for with the wrong type is refused.
 *
 * @param location for example {@code #/properties/name}
 */
record SchemaKeywords(Map<String, @Nullable Object> values, String location) {

    /** Keywords that say something to people only, or are looked at where they are referred to. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "title",
            "description",
            "default",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly",
            "$schema",
            "$id",
            "$comment",
            "$defs",
            "definitions");

    private static final int MAX_LIMIT = 1_000_000;

    /** @throws GrammarException if the value is no map, or a key no text */
    static SchemaKeywords of(@Nullable Object value, String location) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        if (!(value instanceof Map<?, ?> map)) {
            throw new GrammarException(location, "expected a schema, an object with keywords");
        }
        map.forEach((key, entry) -> {
            if (!(key instanceof String name)) {
                throw new GrammarException(location, "the key %s is no text".formatted(key));
            }
            values.put(name, entry);
        });
        return new SchemaKeywords(values, location);
    }

    boolean has(String keyword) {
        return values.containsKey(keyword);
    }

    @Nullable
    Object get(String keyword) {
        return values.get(keyword);
    }

    /** Refuses every keyword but these and those without effect. */
    void allowOnly(Set<String> keywords, String reason) {
        for (String keyword : values.keySet()) {
            if (!keywords.contains(keyword) && !WITHOUT_EFFECT.contains(keyword)) {
                throw failure("the keyword '%s' is not supported %s; remove it".formatted(keyword, reason));
            }
        }
    }

    String text(String keyword) {
        if (!(get(keyword) instanceof String text)) {
            throw failure("'%s' must be a text".formatted(keyword));
        }
        return text;
    }

    List<? extends @Nullable Object> list(String keyword) {
        if (!(get(keyword) instanceof List<?> list) || list.isEmpty()) {
            throw failure("'%s' must be a list with at least one entry".formatted(keyword));
        }
        return list;
    }

    /** A list of texts, possibly empty; empty where the keyword is missing. */
    List<String> texts(String keyword) {
        Object value = has(keyword) ? get(keyword) : List.of();
        List<String> texts = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (Object entry : list) {
                if (entry instanceof String text) {
                    texts.add(text);
                }
            }
            if (texts.size() == list.size()) {
                return texts;
            }
        }
        throw failure("'%s' must be a list of texts".formatted(keyword));
    }

    /** The schemas by name, in the order of the file; empty where the keyword is missing. */
    Map<String, @Nullable Object> schemas(String keyword) {
        return has(keyword) ? of(get(keyword), location + "/" + keyword).values() : Map.of();
    }

    /** A whole number from 0, or {@code missing}. */
    int limit(String keyword, int missing) {
        if (!has(keyword)) {
            return missing;
        }
        BigDecimal number = number(keyword);
        boolean isWhole = number.stripTrailingZeros().scale() <= 0;
        if (!isWhole || number.signum() < 0 || number.compareTo(BigDecimal.valueOf(MAX_LIMIT)) > 0) {
            throw failure("'%s' must be a whole number from 0 to %d".formatted(keyword, MAX_LIMIT));
        }
        return number.intValueExact();
    }

    BigDecimal number(String keyword) {
        if (!(get(keyword) instanceof Number number)) {
            throw failure("'%s' must be a number".formatted(keyword));
        }
        String text = JsonText.number(number);
        BigDecimal value = new BigDecimal(text);
        if (text.length() > 40 || value.precision() - value.scale() > 40 || value.scale() > 40) {
            throw failure("'%s' has more than 40 digits".formatted(keyword));
        }
        return value;
    }

    /** The place of something below this schema, as a JSON pointer. */
    String below(String... names) {
        StringBuilder path = new StringBuilder(location);
        for (String name : names) {
            path.append('/').append(name.replace("~", "~0").replace("/", "~1"));
        }
        return path.toString();
    }

    GrammarException failure(String message) {
        return new GrammarException(location, message);
    }
}

package dev.caravan.engine.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the golden files' JSON; it trusts that they are sound. */
final class JsonReader {
    private final String json;
    private int position;

    private JsonReader(String json) {
        this.json = json;
    }

    static @Nullable Object read(String json) {
        return new JsonReader(json).value();
    }

    private char skipSpace() {
        while (Character.isWhitespace(json.charAt(position))) {
            position++;
        }
        return json.charAt(position);
    }

    private @Nullable Object value() {
        char first = skipSpace();
        return switch (first) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private @Nullable Object word(String word, @Nullable Object value) {
        position += word.length();
        return value;
    }

    private Map<String, @Nullable Object> object() {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        position++;
        while (skipSpace() != '}') {
            position += json.charAt(position) == ',' ? 1 : 0;
            skipSpace();
            String key = string();
            skipSpace();
            position++;
            members.put(key, value());
        }
        position++;
        return members;
    }

    private List<@Nullable Object> array() {
        List<@Nullable Object> items = new ArrayList<>();
        position++;
        while (skipSpace() != ']') {
            position += json.charAt(position) == ',' ? 1 : 0;
            items.add(value());
        }
        position++;
        return items;
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        for (position++; json.charAt(position) != '"'; position++) {
            char character = json.charAt(position);
            if (character == '\\') {
                char escape = json.charAt(++position);
                if (escape == 'u') {
                    character = (char) Integer.parseInt(json, position + 1, position + 5, 16);
                    position += 4;
                } else {
                    int known = "nrtbf".indexOf(escape);
                    character = known < 0 ? escape : "\n\r\t\b\f".charAt(known);
                }
            }
            text.append(character);
        }
        position++;
        return text.toString();
    }

    private Object number() {
        int start = position;
        while (position < json.length() && "+-0123456789.eE".indexOf(json.charAt(position)) >= 0) {
            position++;
        }
        String digits = json.substring(start, position);
        if (digits.matches("-?[0-9]+")) {
            return new BigInteger(digits);
        }
        return Double.valueOf(digits);
    }
}

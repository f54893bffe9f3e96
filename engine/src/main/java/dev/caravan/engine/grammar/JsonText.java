package dev.caravan.engine.grammar;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Plain values as compact JSON: one spelling for each value. */
final class JsonText {
    private static final int MAX_DEPTH = 128;

    private final StringBuilder text = new StringBuilder();

    private JsonText() {}

    /** @throws GrammarException if it holds anything but maps, lists, texts, numbers, booleans and null */
    static String of(@Nullable Object value) {
        JsonText json = new JsonText();
        json.append(value, 0);
        return json.text.toString();
    }

    private void append(@Nullable Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new GrammarException("", "the schema is nested more than %d deep".formatted(MAX_DEPTH));
        }
        switch (value) {
            case null -> text.append("null");
            case String string -> appendString(string);
            case Boolean flag -> text.append(flag);
            case Number number -> text.append(number(number));
            case List<?> list -> {
                text.append('[');
                for (int i = 0; i < list.size(); i++) {
                    text.append(i == 0 ? "" : ",");
                    append(list.get(i), depth + 1);
                }
                text.append(']');
            }
            case Map<?, ?> map -> appendMap(map, depth);
            default ->
                throw new GrammarException(
                        "",
                        "the schema holds a %s, which is no JSON value"
                                .formatted(value.getClass().getSimpleName()));
        }
    }

    private void appendMap(Map<?, ?> map, int depth) {
        text.append('{');
        boolean isFirst = true;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            text.append(isFirst ? "" : ",");
            isFirst = false;
            appendString(Objects.toString(entry.getKey()));
            text.append(':');
            append(entry.getValue(), depth + 1);
        }
        text.append('}');
    }

    /** Whole numbers are written without a fraction, as a model would. */
    static String number(Number number) {
        if (number instanceof Double || number instanceof Float) {
            double value = number.doubleValue();
            if (Double.isNaN(value) || Double.isInfinite(value)) {
                throw new GrammarException("", "%s is no JSON number".formatted(number));
            }
        }
        BigDecimal decimal = new BigDecimal(number.toString()).stripTrailingZeros();
        boolean isShort = decimal.scale() >= -20 && decimal.scale() <= 20;
        return isShort ? decimal.toPlainString() : decimal.toString();
    }

    private void appendString(String string) {
        text.append('"');
        string.codePoints().forEach(character -> text.append(escaped(character)));
        text.append('"');
    }

    /** A character as it stands between the quotes of a JSON text. */
    static String escaped(int character) {
        return switch (character) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> {
                boolean isSurrogate = character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
                yield character < ' ' || isSurrogate ? "\\u%04x".formatted(character) : Character.toString(character);
            }
        };
    }
}

package dev.caravan.engine.format.json;

import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Plain values to JSON: Map, List, String, Number, Boolean and null, keys in the order of the map. Numbers are written as
 * Python writes them, so that files look as transformers' and bitsandbytes' own.
 */
public final class JsonText {

    private static final JsonFactory FACTORY = JsonFactory.builder().build();

    /** Below and from these magnitudes on Python writes an exponent. */
    private static final double LEAST_PLAIN = 1e-4;

    private static final double MOST_PLAIN = 1e16;

    private JsonText() {}

    /**
     * One line without spaces.
     *
     * @throws IllegalArgumentException if a value is of another kind, or a number is not finite
     */
    public static String compact(@Nullable Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            write(generator, value);
        }
        return text.toString();
    }

    /** Several lines, as Python's {@code json.dumps(value, indent=2)} and a line's end. */
    public static String indented(@Nullable Object value) {
        StringBuilder text = new StringBuilder();
        indent(text, value, "\n");
        return text.append('\n').toString();
    }

    /** One line with a space after each comma and colon, as Python's {@code json.dumps(value)}. */
    public static String spaced(@Nullable Object value) {
        StringBuilder text = new StringBuilder();
        indent(text, value, " ");
        return text.toString();
    }

    /** @param separator what stands between two entries: a space, or a line's end and the indentation of the parent */
    private static void indent(StringBuilder text, @Nullable Object value, String separator) {
        boolean lines = separator.startsWith("\n");
        String inner = lines ? separator + "  " : "";
        String between = lines ? "," + inner : ", ";
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            text.append('{').append(inner);
            String before = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                text.append(before)
                        .append(compact(String.valueOf(entry.getKey())))
                        .append(": ");
                indent(text, entry.getValue(), lines ? inner : separator);
                before = between;
            }
            text.append(lines ? separator : "").append('}');
        } else if (value instanceof List<?> list && !list.isEmpty()) {
            text.append('[').append(inner);
            String before = "";
            for (Object element : list) {
                text.append(before);
                indent(text, element, lines ? inner : separator);
                before = between;
            }
            text.append(lines ? separator : "").append(']');
        } else {
            text.append(compact(value));
        }
    }

    private static void write(JsonGenerator generator, @Nullable Object value) {
        switch (value) {
            case null -> generator.writeNull();
            case String text -> generator.writeString(text);
            case Boolean flag -> generator.writeBoolean(flag);
            case Integer number -> generator.writeNumber(number);
            case Long number -> generator.writeNumber(number);
            case BigInteger number -> generator.writeNumber(number);
            case Double number -> generator.writeNumber(decimal(number));
            case Float number -> generator.writeNumber(decimal(number.doubleValue()));
            case Map<?, ?> map -> {
                generator.writeStartObject();
                map.forEach((key, element) -> {
                    generator.writeName(String.valueOf(key));
                    write(generator, element);
                });
                generator.writeEndObject();
            }
            case List<?> list -> {
                generator.writeStartArray();
                list.forEach(element -> write(generator, element));
                generator.writeEndArray();
            }
            default -> throw new IllegalArgumentException(value.getClass() + " is no kind of JSON value");
        }
    }

    /** The shortest decimals that give the number back, with an exponent only where Python writes one. */
    private static String decimal(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            throw new IllegalArgumentException("JSON has no number " + number);
        }
        String text = Double.toString(number);
        double magnitude = Math.abs(number);
        if (text.indexOf('E') < 0) {
            return text;
        }
        if (magnitude < LEAST_PLAIN || magnitude >= MOST_PLAIN) {
            return text.replace(".0E", "E")
                    .replace("E-", "e-")
                    .replaceFirst("E(\\d)", "e+$1")
                    .replaceFirst("e([+-])(\\d)$", "e$10$2");
        }
        String plain = new BigDecimal(text).stripTrailingZeros().toPlainString();
        return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
}

package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values as text: Python's {@code repr}, and JSON as Python's {@code json.dumps} writes it. */
final class JinjaPrinter {
    private static final int MAX_DEPTH = 200;

    private final StringBuilder out = new StringBuilder();
    private final boolean asciiOnly;
    private final boolean sorted;
    private final @Nullable String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private boolean marked;
    private int depth;

    private JinjaPrinter(JsonStyle style) {
        asciiOnly = style.asciiOnly;
        sorted = style.sorted;
        indent = style.indent;
        itemSeparator = style.itemSeparator;
        keySeparator = style.keySeparator;
    }

    /** The arguments of {@code tojson}. */
    record JsonStyle(
            boolean asciiOnly, boolean sorted, @Nullable String indent, String itemSeparator, String keySeparator) {
        static final JsonStyle PLAIN = new JsonStyle(false, false, null, ", ", ": ");
    }

    /** Python's {@code repr}. A result that holds text from outside is marked as a whole. */
    static Text repr(Object value) {
        JinjaPrinter printer = new JinjaPrinter(JsonStyle.PLAIN);
        printer.writeRepr(value);
        return printer.text();
    }

    static Text json(Object value, JsonStyle style) {
        JinjaPrinter printer = new JinjaPrinter(style);
        printer.writeJson(value);
        return printer.text();
    }

    private Text text() {
        return marked ? Text.untrusted(out.toString()) : Text.trusted(out.toString());
    }

    private void enter() {
        if (++depth > MAX_DEPTH) {
            throw new JinjaException("a value is nested deeper than %d".formatted(MAX_DEPTH));
        }
    }

    private void writeRepr(Object value) {
        enter();
        switch (value) {
            case None none -> out.append("None");
            case Undefined undefined -> out.append("Undefined");
            case Boolean flag -> out.append(flag ? "True" : "False");
            case Double number -> out.append(PythonStrings.repr(number));
            case Text text -> {
                marked |= !text.marks().isEmpty();
                out.append(PythonStrings.repr(text.value()));
            }
            case Tuple tuple -> {
                writeItems("(", tuple.items(), "");
                out.append(tuple.items().size() == 1 ? ",)" : ")");
            }
            case List<?> list -> writeItems("[", JinjaValues.items(list), "]");
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    writeRepr(entry.getKey());
                    out.append(": ");
                    writeRepr(entry.getValue());
                    separator = ", ";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case BigInteger number -> out.append(number);
            default -> throw new JinjaException("%s cannot be printed".formatted(JinjaValues.typeName(value)));
        }
        depth--;
    }

    private void writeItems(String open, List<Object> items, String close) {
        out.append(open);
        for (int i = 0; i < items.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            writeRepr(items.get(i));
        }
        out.append(close);
    }

    private void writeJson(Object value) {
        enter();
        switch (value) {
            case None none -> out.append("null");
            case Boolean flag -> out.append(flag.booleanValue());
            case BigInteger number -> out.append(number);
            case Double number -> out.append(jsonNumber(number));
            case Text text -> {
                marked |= !text.marks().isEmpty();
                writeJsonString(text.value());
            }
            case List<?> list -> writeJsonArray(JinjaValues.items(list));
            case Tuple tuple -> writeJsonArray(tuple.items());
            case Map<?, ?> map -> writeJsonObject(map);
            default -> throw new JinjaException("%s cannot be written as JSON".formatted(JinjaValues.typeName(value)));
        }
        depth--;
    }

    private static String jsonNumber(double number) {
        if (Double.isNaN(number)) {
            return "NaN";
        }
        return Double.isInfinite(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonStrings.repr(number);
    }

    private void writeJsonArray(List<Object> items) {
        out.append('[');
        for (int i = 0; i < items.size(); i++) {
            out.append(i == 0 ? "" : itemSeparator);
            newLine(depth);
            writeJson(items.get(i));
        }
        closeJson(items.isEmpty(), ']');
    }

    private void writeJsonObject(Map<?, ?> map) {
        List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
        if (sorted) {
            entries.sort(Comparator.comparing(Map.Entry::getKey, JinjaValues::compare));
        }
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : entries) {
            out.append(first ? "" : itemSeparator);
            first = false;
            newLine(depth);
            writeJsonKey(entry.getKey());
            out.append(keySeparator);
            writeJson(entry.getValue());
        }
        closeJson(map.isEmpty(), '}');
    }

    private void writeJsonKey(Object key) {
        if (key instanceof Text) {
            writeJson(key);
        } else {
            out.append('"');
            writeJson(key);
            out.append('"');
        }
    }

    private void closeJson(boolean empty, char bracket) {
        if (!empty) {
            newLine(depth - 1);
        }
        out.append(bracket);
    }

    private void newLine(int level) {
        if (indent != null) {
            out.append('\n').append(indent.repeat(level));
        }
    }

    private void writeJsonString(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            int escape = "\"\\\n\r\t\b\f".indexOf(character);
            if (escape >= 0) {
                out.append('\\').append("\"\\nrtbf".charAt(escape));
            } else if (character < ' ' || (asciiOnly && character > '~')) {
                out.append("\\u%04x".formatted((int) character));
            } else {
                out.append(character);
            }
        }
        out.append('"');
    }
}

package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Generated;
import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Jinja's filters on single values; those on lists are in {@link JinjaListFilters}. */
final class JinjaFilters {

    /** A filter. */
    interface Filter {
        Object apply(JinjaScope scope, Object input, Arguments arguments);
    }

    private static final Pattern TITLE_WORD = Pattern.compile("[^-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Map<String, Filter> FILTERS = new HashMap<>();

    static {
        JinjaListFilters.register(FILTERS);
        FILTERS.put("abs", (scope, input, arguments) -> absolute(input));
        FILTERS.put("capitalize", text(StringMethods::capitalize));
        FILTERS.put("lower", text(value -> value.toLowerCase(Locale.ROOT)));
        FILTERS.put("upper", text(value -> value.toUpperCase(Locale.ROOT)));
        FILTERS.put("title", text(JinjaFilters::title));
        FILTERS.put("escape", text(JinjaFilters::escape));
        FILTERS.put("e", text(JinjaFilters::escape));
        FILTERS.put("forceescape", text(JinjaFilters::escape));
        FILTERS.put(
                "urlencode",
                text(value -> URLEncoder.encode(value, StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("%2F", "/")
                        .replace("*", "%2A")
                        .replace("%7E", "~")));
        FILTERS.put("safe", text(value -> value));
        FILTERS.put("string", text(value -> value));
        FILTERS.put("trim", (scope, input, arguments) -> trim(input, arguments));
        FILTERS.put("replace", JinjaFilters::replace);
        FILTERS.put("indent", JinjaFilters::indent);
        FILTERS.put(
                "center",
                (scope, input, arguments) -> method(
                        scope,
                        input,
                        "center",
                        arguments.positional().isEmpty()
                                ? new Arguments(List.of(JinjaValues.integer(80)), Map.of())
                                : arguments));
        FILTERS.put(
                "format",
                (scope, input, arguments) -> PrintfFormat.format(
                        scope.run(), JinjaValues.string(input), new JinjaTypes.Tuple(arguments.positional())));
        FILTERS.put("truncate", JinjaFilters::truncate);
        FILTERS.put(
                "wordcount",
                (scope, input, arguments) -> JinjaValues.integer(
                        WORD.matcher(JinjaValues.string(input).value())
                                .results()
                                .count()));
        FILTERS.put("default", JinjaFilters::otherwise);
        FILTERS.put("d", JinjaFilters::otherwise);
        FILTERS.put("length", (scope, input, arguments) -> JinjaValues.length(input));
        FILTERS.put("count", (scope, input, arguments) -> JinjaValues.length(input));
        FILTERS.put("int", (scope, input, arguments) -> toInteger(input, arguments));
        FILTERS.put("float", (scope, input, arguments) -> toReal(input, arguments));
        FILTERS.put("round", (scope, input, arguments) -> round(input, arguments));
        FILTERS.put("attr", (scope, input, arguments) -> attribute(input, arguments));
        FILTERS.put("tojson", (scope, input, arguments) -> json(scope, input, arguments));
    }

    private JinjaFilters() {}

    static Object apply(JinjaScope scope, String name, Object input, Arguments arguments) {
        Filter filter = FILTERS.get(name);
        if (filter == null) {
            throw new JinjaException("there is no filter '%s'".formatted(name));
        }
        return filter.apply(scope, input, arguments);
    }

    static boolean exists(String name) {
        return FILTERS.containsKey(name);
    }

    private static Filter text(UnaryOperator<String> change) {
        return (scope, input, arguments) -> {
            Text text = JinjaValues.string(input);
            scope.run().characters(text.length());
            return text.derived(change.apply(text.value()));
        };
    }

    private static Object method(JinjaScope scope, Object input, String name, Arguments arguments) {
        JinjaTypes.Function method = StringMethods.find(JinjaValues.string(input), name);
        if (method == null) {
            throw new JinjaException("a string has no method '%s'".formatted(name));
        }
        return method.call(scope, arguments);
    }

    private static Object absolute(Object input) {
        return input instanceof Double number
                ? (Object) Math.abs(number)
                : JinjaValues.whole(input).abs();
    }

    private static String title(String text) {
        Matcher words = TITLE_WORD.matcher(text);
        return words.replaceAll(word -> Matcher.quoteReplacement(StringMethods.capitalize(word.group())));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    private static Object trim(Object input, Arguments arguments) {
        Object characters = arguments.get(0, "chars", None.NONE);
        return StringMethods.strip(
                JinjaValues.string(input), characters instanceof Text text ? text.value() : null, true, true);
    }

    private static Object replace(JinjaScope scope, Object input, Arguments arguments) {
        Object count = arguments.get(2, "count", None.NONE);
        return StringMethods.replace(
                scope.run(),
                JinjaValues.string(input),
                JinjaValues.string(arguments.require(0, "old")),
                JinjaValues.string(arguments.require(1, "new")),
                count == None.NONE ? -1 : JinjaValues.toInt(count));
    }

    private static Object indent(JinjaScope scope, Object input, Arguments arguments) {
        Object width = arguments.get(0, "width", JinjaValues.integer(4));
        Text indentation = width instanceof Text text
                ? text
                : Text.trusted(" ".repeat(Math.clamp(JinjaValues.toInt(width), 0, 1000)));
        boolean first = arguments.flag(1, "first");
        boolean blank = arguments.flag(2, "blank");
        // Jinja adds a newline before it cuts the lines, so that a trailing one survives.
        List<Text> lines = StringMethods.lines(JinjaValues.string(input).plus(Text.trusted("\n")), false);
        Text.Builder out = new Text.Builder();
        for (int i = 0; i < lines.size(); i++) {
            Text line = lines.get(i);
            scope.run().characters((long) line.length() + indentation.length() + 1);
            out.append(i == 0 ? "" : "\n");
            if (i == 0 ? first : blank || line.length() > 0) {
                out.append(indentation);
            }
            out.append(line);
        }
        return out.build();
    }

    private static Object truncate(JinjaScope scope, Object input, Arguments arguments) {
        Text text = JinjaValues.string(input);
        int length = arguments.integer(0, "length", 255);
        Text end = arguments.text(2, "end", "...");
        int leeway = arguments.integer(3, "leeway", 5);
        if (length < end.codePoints()) {
            throw new JinjaException("truncate: the length is shorter than the end");
        }
        if (text.codePoints() <= length + leeway) {
            return text;
        }
        Text cut = text.substring(0, text.value().offsetByCodePoints(0, length - end.codePoints()));
        int space = cut.value().lastIndexOf(' ');
        if (!arguments.flag(1, "killwords") && space >= 0) {
            cut = cut.substring(0, space);
        }
        scope.run().characters(cut.length());
        return cut.plus(end);
    }

    private static Object otherwise(JinjaScope scope, Object input, Arguments arguments) {
        boolean replaced = input instanceof Undefined || (arguments.flag(1, "boolean") && !JinjaValues.isTrue(input));
        return replaced ? arguments.get(0, "default_value", Text.EMPTY) : input;
    }

    private static Object toInteger(Object input, Arguments arguments) {
        Object otherwise = arguments.get(0, "default", BigInteger.ZERO);
        if (input instanceof BigInteger || input instanceof Boolean) {
            return JinjaValues.whole(input);
        }
        if (input instanceof Text text) {
            String digits = text.value().strip().replace("_", "");
            int base = arguments.integer(1, "base", 10);
            try {
                return new BigInteger(base == 16 ? digits.replaceFirst("^0[xX]", "") : digits, base);
            } catch (NumberFormatException notWhole) {
                // "3.7" is 3 by way of a float, below
            }
        }
        Object real = toReal(input, new Arguments(List.of(Double.NaN), Map.of()));
        return real instanceof Double number && Double.isFinite(number)
                ? new BigDecimal(number).toBigInteger()
                : otherwise;
    }

    private static Object toReal(Object input, Arguments arguments) {
        if (JinjaValues.isNumber(input)) {
            return JinjaValues.real(input);
        }
        try {
            return input instanceof Text text && text.value().strip().matches("[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")
                    ? (Object) Double.valueOf(text.value().strip())
                    : arguments.get(0, "default", 0.0);
        } catch (NumberFormatException notNumber) {
            return arguments.get(0, "default", 0.0);
        }
    }

    private static Object round(Object input, Arguments arguments) {
        int precision = arguments.integer(0, "precision", 0);
        String method = arguments.text(1, "method", "common").value();
        if (input instanceof BigInteger && method.equals("common")) {
            return input;
        }
        if (Math.abs(precision) > MathContext.DECIMAL128.getPrecision()) {
            throw new JinjaException("round: a precision of %d is too large".formatted(precision));
        }
        RoundingMode mode = switch (method) {
            case "common" -> RoundingMode.HALF_EVEN;
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            default -> throw new JinjaException("round: the method must be common, ceil or floor");
        };
        return new BigDecimal(JinjaValues.real(input)).setScale(precision, mode).doubleValue();
    }

    private static Object attribute(Object input, Arguments arguments) {
        String name = JinjaValues.string(arguments.require(0, "name")).value();
        return input instanceof Map
                ? new Undefined("a dictionary has no attribute '%s'".formatted(name))
                : JinjaAttributes.attribute(input, name);
    }

    private static Object json(JinjaScope scope, Object input, Arguments arguments) {
        Object indent = arguments.get(1, "indent", None.NONE);
        String indentation = switch (indent) {
            case None none -> null;
            case Text text -> text.value();
            default -> " ".repeat(Math.clamp(JinjaValues.toInt(indent), 0, 100));
        };
        String itemSeparator = indentation == null ? ", " : ",";
        String keySeparator = ": ";
        Object separators = arguments.get(2, "separators", None.NONE);
        if (separators != None.NONE) {
            List<Object> both = JinjaValues.items(separators);
            if (both.size() != 2) {
                throw new JinjaException("tojson: separators are two strings");
            }
            itemSeparator = JinjaValues.string(both.get(0)).value();
            keySeparator = JinjaValues.string(both.get(1)).value();
        }
        Text json = JinjaPrinter.json(
                input,
                new JinjaPrinter.JsonStyle(
                        arguments.flag(0, "ensure_ascii"),
                        arguments.flag(3, "sort_keys"),
                        indentation,
                        itemSeparator,
                        keySeparator));
        scope.run().characters(json.length());
        return json;
    }

    /** A generator's or list's items, for filters that take either. */
    static List<Object> list(JinjaScope scope, Object input) {
        List<Object> items =
                new ArrayList<>(JinjaValues.items(input instanceof Generated generated ? generated.items() : input));
        scope.run().steps(items.size());
        return items;
    }
}

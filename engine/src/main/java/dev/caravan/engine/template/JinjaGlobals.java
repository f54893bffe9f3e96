package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Function;
import dev.caravan.engine.template.JinjaTypes.Namespace;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The functions that chat templates may call: Jinja's own and those that transformers adds. */
final class JinjaGlobals {
    /** The sandbox's limit. */
    private static final int MAX_RANGE = 100_000;

    private JinjaGlobals() {}

    static void define(JinjaScope scope) {
        function(scope, "range", JinjaGlobals::range);
        function(scope, "dict", (inner, arguments) -> dictionary(arguments));
        function(scope, "namespace", (inner, arguments) -> namespace(arguments));
        function(scope, "strftime_now", JinjaGlobals::now);
        function(scope, "raise_exception", (inner, arguments) -> {
            throw new TemplateRefusal(
                    JinjaValues.string(arguments.require(0, "message")).value());
        });
    }

    private static void function(JinjaScope scope, String name, Function function) {
        scope.set(name, function);
    }

    private static Object range(JinjaScope scope, Arguments arguments) {
        int first = JinjaValues.toInt(arguments.require(0, "stop"));
        boolean one = arguments.positional().size() == 1;
        int start = one ? 0 : first;
        int stop = one ? first : arguments.integer(1, "stop", 0);
        int step = arguments.integer(2, "step", 1);
        if (step == 0) {
            throw new JinjaException("the step of range cannot be zero");
        }
        List<Object> numbers = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            if (numbers.size() == MAX_RANGE) {
                throw new JinjaException("a range of more than %d numbers is not allowed".formatted(MAX_RANGE));
            }
            numbers.add(JinjaValues.integer(i));
        }
        scope.run().steps(numbers.size());
        return numbers;
    }

    private static Map<Object, Object> dictionary(Arguments arguments) {
        Map<Object, Object> entries = new LinkedHashMap<>();
        for (Object source : arguments.positional()) {
            if (source instanceof Map<?, ?> map) {
                entries.putAll(map);
            } else {
                for (Object pair : JinjaValues.items(source)) {
                    List<Object> both = pair instanceof Tuple tuple ? tuple.items() : JinjaValues.items(pair);
                    if (both.size() != 2) {
                        throw new JinjaException("dict takes pairs");
                    }
                    entries.put(both.get(0), both.get(1));
                }
            }
        }
        arguments.named().forEach((name, value) -> entries.put(Text.trusted(name), value));
        return entries;
    }

    private static Namespace namespace(Arguments arguments) {
        Map<String, Object> values = new LinkedHashMap<>();
        dictionary(arguments)
                .forEach((key, value) -> values.put(JinjaValues.string(key).value(), value));
        return new Namespace(values);
    }

    /** The current date and time in C's notation, with English names. */
    private static Object now(JinjaScope scope, Arguments arguments) {
        String format = JinjaValues.string(arguments.require(0, "format")).value();
        ZonedDateTime now = ZonedDateTime.now(scope.run().clock());
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char character = format.charAt(i);
            if (character != '%' || i + 1 == format.length()) {
                text.append(character);
                continue;
            }
            char directive = format.charAt(++i);
            boolean unpadded = directive == '-' && i + 1 < format.length();
            directive = unpadded ? format.charAt(++i) : directive;
            String part = directive == '%' ? "%" : part(now, directive);
            text.append(unpadded ? part.replaceFirst("^0+(?=.)", "") : part);
        }
        return Text.trusted(text.toString());
    }

    private static String part(ZonedDateTime now, char directive) {
        String pattern = switch (directive) {
            case 'a' -> "EEE";
            case 'A' -> "EEEE";
            case 'b', 'h' -> "MMM";
            case 'B' -> "MMMM";
            case 'd' -> "dd";
            case 'e' -> "ppd";
            case 'D' -> "MM/dd/yy";
            case 'F' -> "yyyy-MM-dd";
            case 'H' -> "HH";
            case 'I' -> "hh";
            case 'j' -> "DDD";
            case 'm' -> "MM";
            case 'M' -> "mm";
            case 'p' -> "a";
            case 'S' -> "ss";
            case 'T' -> "HH:mm:ss";
            case 'y' -> "yy";
            case 'Y' -> "yyyy";
            default -> throw new JinjaException("strftime_now does not know %%%s".formatted(directive));
        };
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(now);
    }
}

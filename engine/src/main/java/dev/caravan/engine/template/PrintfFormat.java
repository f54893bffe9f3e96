package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Tuple;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Python's {@code "..." % values}: {@code %s %r %d %i %x %f %e %g %%} with flags, width and precision. */
final class PrintfFormat {
    private static final Pattern CONVERSION = Pattern.compile("%([-+0 #]*)([0-9]*)(?:\\.([0-9]+))?([a-zA-Z%])");
    private static final int MAX_WIDTH = 1000;

    private PrintfFormat() {}

    static Text format(JinjaRun run, Text format, Object values) {
        List<Object> items = values instanceof Tuple tuple ? tuple.items() : List.of(values);
        Text.Builder out = new Text.Builder();
        Matcher matcher = CONVERSION.matcher(format.value());
        int position = 0;
        int next = 0;
        while (matcher.find()) {
            out.append(format, position, matcher.start());
            position = matcher.end();
            char conversion = matcher.group(4).charAt(0);
            if (conversion == '%') {
                out.append("%");
                continue;
            }
            if (next == items.size()) {
                throw new JinjaException("not enough values for the format '%s'".formatted(format));
            }
            Text text = convert(conversion, matcher, items.get(next++));
            run.characters(text.length());
            out.append(text);
        }
        if (next < items.size()) {
            throw new JinjaException("not all values were used by the format '%s'".formatted(format));
        }
        return out.append(format, position, format.length()).build();
    }

    private static Text convert(char conversion, Matcher matcher, Object value) {
        int width = limited(matcher.group(2), 0);
        int precision = limited(matcher.group(3), -1);
        Text text = switch (conversion) {
            case 's', 'r' -> {
                Text whole = conversion == 's' ? JinjaValues.string(value) : JinjaPrinter.repr(value);
                yield precision < 0 || precision >= whole.codePoints()
                        ? whole
                        : whole.substring(0, whole.value().offsetByCodePoints(0, precision));
            }
            case 'd', 'i' -> Text.trusted(truncated(value).toString());
            case 'x' -> Text.trusted(truncated(value).toString(16));
            case 'f', 'F' ->
                Text.trusted(String.format(
                        Locale.ROOT, "%." + (precision < 0 ? 6 : precision) + "f", JinjaValues.real(value)));
            default -> throw new JinjaException("the format %%%s is not supported".formatted(conversion));
        };
        boolean number = conversion != 's' && conversion != 'r';
        String flags = matcher.group(1);
        if (number && flags.contains("+") && !text.value().startsWith("-")) {
            text = Text.trusted("+" + text);
        }
        return pad(text, width, flags, number);
    }

    private static Text pad(Text text, int width, String flags, boolean number) {
        int missing = width - text.codePoints();
        if (missing <= 0) {
            return text;
        }
        if (flags.contains("-")) {
            return text.plus(Text.trusted(" ".repeat(missing)));
        }
        if (flags.contains("0") && number) {
            int sign = text.value().startsWith("-") || text.value().startsWith("+") ? 1 : 0;
            return Text.trusted(text.value().substring(0, sign)
                    + "0".repeat(missing)
                    + text.value().substring(sign));
        }
        return Text.trusted(" ".repeat(missing)).plus(text);
    }

    private static BigInteger truncated(Object value) {
        return value instanceof Double number ? new BigDecimal(number).toBigInteger() : JinjaValues.whole(value);
    }

    private static int limited(@Nullable String digits, int otherwise) {
        if (digits == null || digits.isEmpty()) {
            return otherwise;
        }
        int number = digits.length() > 4 ? MAX_WIDTH + 1 : Integer.parseInt(digits);
        if (number > MAX_WIDTH) {
            throw new JinjaException("a width of %s in a format is too large".formatted(digits));
        }
        return number;
    }
}

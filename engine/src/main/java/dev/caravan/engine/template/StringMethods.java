package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Function;
import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Python's methods of {@code str}. */
final class StringMethods {

    /** A method on its string. */
    private interface Method {
        Object call(JinjaRun run, Text text, Arguments arguments);
    }

    private static final Map<String, Method> METHODS = Map.ofEntries(
            Map.entry(
                    "upper", (run, text, arguments) -> text.derived(text.value().toUpperCase(Locale.ROOT))),
            Map.entry(
                    "lower", (run, text, arguments) -> text.derived(text.value().toLowerCase(Locale.ROOT))),
            Map.entry(
                    "casefold",
                    (run, text, arguments) -> text.derived(text.value().toLowerCase(Locale.ROOT))),
            Map.entry("title", (run, text, arguments) -> text.derived(title(text.value()))),
            Map.entry("capitalize", (run, text, arguments) -> text.derived(capitalize(text.value()))),
            Map.entry("swapcase", (run, text, arguments) -> text.derived(swapCase(text.value()))),
            Map.entry("strip", (run, text, arguments) -> strip(text, characters(arguments), true, true)),
            Map.entry("lstrip", (run, text, arguments) -> strip(text, characters(arguments), true, false)),
            Map.entry("rstrip", (run, text, arguments) -> strip(text, characters(arguments), false, true)),
            Map.entry("split", (run, text, arguments) -> split(run, text, arguments, false)),
            Map.entry("rsplit", (run, text, arguments) -> split(run, text, arguments, true)),
            Map.entry(
                    "splitlines",
                    (run, text, arguments) -> new ArrayList<Object>(lines(text, arguments.flag(0, "keepends")))),
            Map.entry("partition", (run, text, arguments) -> partition(text, string(arguments, 0), false)),
            Map.entry("rpartition", (run, text, arguments) -> partition(text, string(arguments, 0), true)),
            Map.entry("join", (run, text, arguments) -> joinStrings(run, text, arguments.require(0, "iterable"))),
            Map.entry(
                    "replace",
                    (run, text, arguments) -> replace(
                            run, text, string(arguments, 0), string(arguments, 1), arguments.integer(2, "count", -1))),
            Map.entry("startswith", (run, text, arguments) -> matches(text, arguments, true)),
            Map.entry("endswith", (run, text, arguments) -> matches(text, arguments, false)),
            Map.entry(
                    "removeprefix",
                    (run, text, arguments) ->
                            removeAffix(text, string(arguments, 0).value(), true)),
            Map.entry(
                    "removesuffix",
                    (run, text, arguments) ->
                            removeAffix(text, string(arguments, 0).value(), false)),
            Map.entry("find", (run, text, arguments) -> JinjaValues.integer(find(text, string(arguments, 0), false))),
            Map.entry("rfind", (run, text, arguments) -> JinjaValues.integer(find(text, string(arguments, 0), true))),
            Map.entry("index", (run, text, arguments) -> JinjaValues.integer(index(text, string(arguments, 0), false))),
            Map.entry("rindex", (run, text, arguments) -> JinjaValues.integer(index(text, string(arguments, 0), true))),
            Map.entry(
                    "count",
                    (run, text, arguments) -> JinjaValues.integer(
                            count(text.value(), string(arguments, 0).value()))),
            Map.entry("isdigit", (run, text, arguments) -> all(text, Character::isDigit)),
            Map.entry("isdecimal", (run, text, arguments) -> all(text, Character::isDigit)),
            Map.entry("isnumeric", (run, text, arguments) -> all(text, Character::isDigit)),
            Map.entry("isalpha", (run, text, arguments) -> all(text, Character::isLetter)),
            Map.entry("isalnum", (run, text, arguments) -> all(text, Character::isLetterOrDigit)),
            Map.entry("isspace", (run, text, arguments) -> all(text, PythonStrings::isSpace)),
            Map.entry("isascii", (run, text, arguments) -> text.value().chars().allMatch(c -> c < 128)),
            Map.entry("isupper", (run, text, arguments) -> cased(text.value(), true)),
            Map.entry("islower", (run, text, arguments) -> cased(text.value(), false)),
            Map.entry("zfill", (run, text, arguments) -> zeroFill(run, text, arguments.integer(0, "width", 0))),
            Map.entry("ljust", (run, text, arguments) -> pad(run, text, arguments, 0)),
            Map.entry("rjust", (run, text, arguments) -> pad(run, text, arguments, 2)),
            Map.entry("center", (run, text, arguments) -> pad(run, text, arguments, 1)),
            Map.entry("format", (run, text, arguments) -> BraceFormat.format(run, text, arguments)));

    private StringMethods() {}

    /** The method of a string, or null if there is none of that name. */
    static @Nullable Function find(Text text, String name) {
        Method method = METHODS.get(name);
        return method == null
                ? null
                : (scope, arguments) -> {
                    scope.run().characters(text.length());
                    return method.call(scope.run(), text, arguments);
                };
    }

    private static Text string(Arguments arguments, int position) {
        Object value = arguments.require(position, "text");
        if (value instanceof Text text) {
            return text;
        }
        throw new JinjaException("a string is expected, not %s".formatted(JinjaValues.typeName(value)));
    }

    private static @Nullable String characters(Arguments arguments) {
        return arguments.get(0, "chars", None.NONE) instanceof Text text ? text.value() : null;
    }

    /** Takes characters from the ends; null stands for white space. */
    static Text strip(Text text, @Nullable String characters, boolean start, boolean end) {
        String value = text.value();
        IntPredicate taken = characters == null ? PythonStrings::isSpace : c -> characters.indexOf(c) >= 0;
        int from = 0;
        int to = value.length();
        while (start && from < to && taken.test(value.codePointAt(from))) {
            from += Character.charCount(value.codePointAt(from));
        }
        while (end && to > from && taken.test(value.codePointBefore(to))) {
            to -= Character.charCount(value.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    private static List<Object> split(JinjaRun run, Text text, Arguments arguments, boolean fromEnd) {
        Object separator = arguments.get(0, "sep", None.NONE);
        int limit = arguments.integer(1, "maxsplit", -1);
        List<Object> parts = separator == None.NONE
                ? words(text, limit, fromEnd)
                : separated(text, string(arguments, 0).value(), limit, fromEnd);
        run.steps(parts.size());
        return parts;
    }

    private static List<Object> separated(Text text, String separator, int limit, boolean fromEnd) {
        if (separator.isEmpty()) {
            throw new JinjaException("the separator of split is empty");
        }
        List<int[]> cuts = new ArrayList<>();
        for (int at = text.value().indexOf(separator);
                at >= 0;
                at = text.value().indexOf(separator, at + separator.length())) {
            cuts.add(new int[] {at, at + separator.length()});
        }
        return cut(text, cuts, limit, fromEnd);
    }

    private static List<Object> cut(Text text, List<int[]> cuts, int limit, boolean fromEnd) {
        int used = limit < 0 ? cuts.size() : Math.min(limit, cuts.size());
        List<Object> parts = new ArrayList<>();
        int start = 0;
        for (int[] gap : fromEnd ? cuts.subList(cuts.size() - used, cuts.size()) : cuts.subList(0, used)) {
            parts.add(text.substring(start, gap[0]));
            start = gap[1];
        }
        parts.add(text.substring(start, text.length()));
        return parts;
    }

    private static List<Object> words(Text text, int limit, boolean fromEnd) {
        Text trimmed = strip(text, null, !fromEnd || limit < 0, fromEnd || limit < 0);
        if (strip(trimmed, null, true, true).length() == 0) {
            return new ArrayList<>();
        }
        String value = trimmed.value();
        List<int[]> gaps = new ArrayList<>();
        for (int i = 0; i < value.length(); i++) {
            if (PythonStrings.isSpace(value.charAt(i))) {
                int end = i;
                while (end < value.length() && PythonStrings.isSpace(value.charAt(end))) {
                    end++;
                }
                boolean inside = i > 0 && end < value.length();
                if (inside || limit >= 0) {
                    gaps.add(new int[] {i, end});
                }
                i = end;
            }
        }
        List<Object> parts = cut(trimmed, gaps, limit, fromEnd);
        if (((Text) parts.getLast()).length() == 0) {
            parts.removeLast();
        }
        if (!parts.isEmpty() && ((Text) parts.getFirst()).length() == 0) {
            parts.removeFirst();
        }
        return parts;
    }

    static List<Text> lines(Text text, boolean keepsEnds) {
        List<Text> lines = new ArrayList<>();
        String value = text.value();
        int start = 0;
        for (int i = 0; i < value.length(); i++) {
            if ("\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029".indexOf(value.charAt(i)) >= 0) {
                int end = value.startsWith("\r\n", i) ? i + 2 : i + 1;
                lines.add(text.substring(start, keepsEnds ? end : i));
                start = end;
                i = end - 1;
            }
        }
        if (start < value.length()) {
            lines.add(text.substring(start, value.length()));
        }
        return lines;
    }

    private static Tuple partition(Text text, Text separator, boolean last) {
        int at = last
                ? text.value().lastIndexOf(separator.value())
                : text.value().indexOf(separator.value());
        if (at < 0) {
            return new Tuple(last ? List.of(Text.EMPTY, Text.EMPTY, text) : List.of(text, Text.EMPTY, Text.EMPTY));
        }
        int end = at + separator.length();
        return new Tuple(List.of(text.substring(0, at), separator, text.substring(end, text.length())));
    }

    private static Text joinStrings(JinjaRun run, Text separator, Object parts) {
        for (Object part : JinjaValues.items(parts)) {
            if (!(part instanceof Text)) {
                throw new JinjaException("join takes strings, not %s".formatted(JinjaValues.typeName(part)));
            }
        }
        return JinjaOperators.join(run, JinjaValues.items(parts), separator);
    }

    /** Replaces a text; what stays and what comes in keep their marks. A negative count replaces all. */
    static Text replace(JinjaRun run, Text text, Text old, Text replacement, int count) {
        Text.Builder out = new Text.Builder();
        int position = 0;
        int at = text.value().indexOf(old.value());
        for (int done = 0; at >= 0 && done != count; done++) {
            run.characters((long) at - position + replacement.length() + 1);
            out.append(text, position, at).append(replacement);
            position = at + old.length();
            if (old.length() > 0) {
                at = text.value().indexOf(old.value(), position);
            } else {
                // An empty text is found before every character and at the end.
                at = at == text.length() ? -1 : text.value().offsetByCodePoints(at, 1);
            }
        }
        return out.append(text, position, text.length()).build();
    }

    private static boolean matches(Text text, Arguments arguments, boolean start) {
        Object affixes = arguments.require(0, "prefix");
        List<Object> candidates =
                affixes instanceof Tuple tuple ? tuple.items() : List.of((Object) string(arguments, 0));
        for (Object candidate : candidates) {
            String affix = JinjaValues.string(candidate).value();
            if (start ? text.value().startsWith(affix) : text.value().endsWith(affix)) {
                return true;
            }
        }
        return false;
    }

    private static Text removeAffix(Text text, String affix, boolean start) {
        if (start) {
            return text.value().startsWith(affix) ? text.substring(affix.length(), text.length()) : text;
        }
        return text.value().endsWith(affix) ? text.substring(0, text.length() - affix.length()) : text;
    }

    private static int find(Text text, Text part, boolean last) {
        int at = last ? text.value().lastIndexOf(part.value()) : text.value().indexOf(part.value());
        return at < 0 ? -1 : text.value().codePointCount(0, at);
    }

    private static int index(Text text, Text part, boolean last) {
        int at = find(text, part, last);
        if (at < 0) {
            throw new JinjaException("the substring was not found");
        }
        return at;
    }

    private static int count(String text, String part) {
        if (part.isEmpty()) {
            return text.codePointCount(0, text.length()) + 1;
        }
        int count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    private static boolean all(Text text, IntPredicate holds) {
        return text.length() > 0 && text.value().codePoints().allMatch(holds);
    }

    private static boolean cased(String text, boolean upper) {
        boolean any = text.codePoints().anyMatch(c -> upper ? Character.isUpperCase(c) : Character.isLowerCase(c));
        return any && text.codePoints().noneMatch(c -> upper ? Character.isLowerCase(c) : Character.isUpperCase(c));
    }

    private static String title(String text) {
        StringBuilder title = new StringBuilder();
        boolean inWord = false;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            title.appendCodePoint(inWord ? Character.toLowerCase(codePoint) : Character.toTitleCase(codePoint));
            inWord = Character.isLetter(codePoint);
            i += Character.charCount(codePoint);
        }
        return title.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        return text.substring(0, first).toUpperCase(Locale.ROOT)
                + text.substring(first).toLowerCase(Locale.ROOT);
    }

    private static String swapCase(String text) {
        StringBuilder swapped = new StringBuilder();
        text.codePoints()
                .forEach(c -> swapped.appendCodePoint(
                        Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c)));
        return swapped.toString();
    }

    private static Text zeroFill(JinjaRun run, Text text, int width) {
        int missing = Math.max(0, width - text.codePoints());
        run.characters(missing);
        int sign = text.value().startsWith("-") || text.value().startsWith("+") ? 1 : 0;
        return text.substring(0, sign)
                .plus(Text.trusted("0".repeat(missing)))
                .plus(text.substring(sign, text.length()));
    }

    /** @param side 0 pads at the end, 2 at the start, 1 on both sides */
    private static Text pad(JinjaRun run, Text text, Arguments arguments, int side) {
        int width = arguments.integer(0, "width", 0);
        int missing = Math.max(0, width - text.codePoints());
        run.characters(missing);
        String fill = arguments.text(1, "fillchar", " ").value();
        // Python's own rounding of an odd rest.
        int before = side == 0 ? 0 : side == 2 ? missing : missing / 2 + (missing & width & 1);
        return Text.trusted(fill.repeat(before)).plus(text).plus(Text.trusted(fill.repeat(missing - before)));
    }
}

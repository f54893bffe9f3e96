package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Generated;
import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's truth, equality, order, iteration and printing for a template's values. */
final class JinjaValues {
    private static final int MAX_DEPTH = 200;

    private JinjaValues() {}

    static BigInteger integer(long value) {
        return BigInteger.valueOf(value);
    }

    /** A value from outside: all its strings are marked as such. */
    static Object imported(@Nullable Object value) {
        return imported(value, 0);
    }

    private static Object imported(@Nullable Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException(
                    "a value for the chat template is nested deeper than %d; flatten it".formatted(MAX_DEPTH));
        }
        return switch (value) {
            case null -> None.NONE;
            case Text text -> text;
            case CharSequence text -> Text.untrusted(text.toString());
            case Boolean flag -> flag;
            case BigInteger number -> number;
            case Integer number -> integer(number);
            case Long number -> integer(number);
            case Double number -> number;
            case Float number -> number.doubleValue();
            case List<?> list -> {
                List<Object> items = new ArrayList<>(list.size());
                list.forEach(item -> items.add(imported(item, depth + 1)));
                yield items;
            }
            case Map<?, ?> map -> {
                Map<Object, Object> items = new LinkedHashMap<>();
                map.forEach((key, item) -> items.put(imported(key), imported(item, depth + 1)));
                yield items;
            }
            default ->
                throw new IllegalArgumentException(
                        "a template cannot take a value of " + value.getClass().getName());
        };
    }

    static boolean isTrue(Object value) {
        return switch (value) {
            case None none -> false;
            case Undefined undefined -> false;
            case Boolean flag -> flag;
            case BigInteger number -> number.signum() != 0;
            case Double number -> number != 0;
            case Text text -> text.length() > 0;
            case List<?> list -> !list.isEmpty();
            case Tuple tuple -> !tuple.items().isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    /** The items that a loop walks over. */
    @SuppressWarnings("unchecked") // every list of a template is a list of objects
    static List<Object> items(Object value) {
        return switch (value) {
            case List<?> list -> (List<Object>) list;
            case Tuple tuple -> tuple.items();
            case Generated generated -> generated.items();
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case Undefined undefined -> List.of();
            case Text text -> characters(text);
            default -> throw new JinjaException("%s is not iterable".formatted(typeName(value)));
        };
    }

    static boolean isIterable(Object value) {
        return value instanceof List
                || value instanceof Tuple
                || value instanceof Generated
                || value instanceof Map
                || value instanceof Undefined
                || value instanceof Text;
    }

    private static List<Object> characters(Text text) {
        List<Object> characters = new ArrayList<>(text.length());
        for (int i = 0; i < text.length(); ) {
            int end = i + Character.charCount(text.value().codePointAt(i));
            characters.add(text.substring(i, end));
            i = end;
        }
        return characters;
    }

    static BigInteger length(Object value) {
        return switch (value) {
            case Text text -> integer(text.codePoints());
            case List<?> list -> integer(list.size());
            case Tuple tuple -> integer(tuple.items().size());
            case Map<?, ?> map -> integer(map.size());
            case Undefined undefined -> BigInteger.ZERO;
            default -> throw new JinjaException("%s has no length".formatted(typeName(value)));
        };
    }

    /** What {@code {{ value }}} prints: Python's {@code str}. */
    static Text string(Object value) {
        if (value instanceof Text text) {
            return text;
        }
        if (value instanceof Undefined) {
            return Text.EMPTY;
        }
        return JinjaPrinter.repr(value);
    }

    static boolean isNumber(Object value) {
        return value instanceof BigInteger || value instanceof Double || value instanceof Boolean;
    }

    static BigInteger whole(Object value) {
        return switch (value) {
            case BigInteger number -> number;
            case Boolean flag -> flag ? BigInteger.ONE : BigInteger.ZERO;
            case Undefined undefined -> throw undefined.failure();
            default -> throw new JinjaException("%s is not an integer".formatted(typeName(value)));
        };
    }

    static int toInt(Object value) {
        BigInteger number = whole(value);
        if (number.bitLength() > 31) {
            throw new JinjaException("the number %s is too large here".formatted(number));
        }
        return number.intValue();
    }

    static double real(Object value) {
        return value instanceof Double number ? number : whole(value).doubleValue();
    }

    static boolean equal(Object left, Object right) {
        if (isNumber(left) && isNumber(right)) {
            return (left instanceof Double || right instanceof Double)
                    ? real(left) == real(right)
                    : whole(left).equals(whole(right));
        }
        if (left instanceof Tuple one && right instanceof Tuple other) {
            return equalItems(one.items(), other.items());
        }
        if (left instanceof List && right instanceof List) {
            return equalItems(items(left), items(right));
        }
        if (left instanceof Map<?, ?> one && right instanceof Map<?, ?> other) {
            return equalEntries(one, other);
        }
        if (left instanceof Undefined && right instanceof Undefined) {
            return true;
        }
        return left.equals(right);
    }

    private static boolean equalItems(List<Object> left, List<Object> right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!equal(left.get(i), right.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalEntries(Map<?, ?> left, Map<?, ?> right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (Map.Entry<?, ?> entry : left.entrySet()) {
            Object other = right.get(entry.getKey());
            if (other == null || !equal(entry.getValue(), other)) {
                return false;
            }
        }
        return true;
    }

    /** Python's order of two values. */
    static int compare(Object left, Object right) {
        if (isNumber(left) && isNumber(right)) {
            return (left instanceof Double || right instanceof Double)
                    ? Double.compare(real(left), real(right))
                    : whole(left).compareTo(whole(right));
        }
        if (left instanceof Text one && right instanceof Text other) {
            return compareCodePoints(one.value(), other.value());
        }
        boolean sequences =
                (left instanceof List && right instanceof List) || (left instanceof Tuple && right instanceof Tuple);
        if (!sequences) {
            throw new JinjaException("%s and %s have no order".formatted(typeName(left), typeName(right)));
        }
        List<Object> one = items(left);
        List<Object> other = items(right);
        for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
            if (!equal(one.get(i), other.get(i))) {
                return compare(one.get(i), other.get(i));
            }
        }
        return Integer.compare(one.size(), other.size());
    }

    private static int compareCodePoints(String left, String right) {
        int at = 0;
        while (at < left.length() && at < right.length()) {
            int one = left.codePointAt(at);
            int other = right.codePointAt(at);
            if (one != other) {
                return Integer.compare(one, other);
            }
            at += Character.charCount(one);
        }
        return Integer.compare(left.length(), right.length());
    }

    static boolean contains(Object container, Object item) {
        return switch (container) {
            case Map<?, ?> map -> map.containsKey(item);
            case Text text when item instanceof Text part -> text.value().contains(part.value());
            case Text text -> throw new JinjaException("a string cannot contain %s".formatted(typeName(item)));
            default -> items(container).stream().anyMatch(member -> equal(member, item));
        };
    }

    static String typeName(Object value) {
        return switch (value) {
            case None none -> "None";
            case Undefined undefined -> "an undefined value (" + undefined.problem() + ")";
            case Boolean flag -> "a boolean";
            case BigInteger number -> "an integer";
            case Double number -> "a float";
            case Text text -> "a string";
            case List<?> list -> "a list";
            case Tuple tuple -> "a tuple";
            case Map<?, ?> map -> "a dictionary";
            case Generated generated -> "a generator";
            default -> "an object";
        };
    }
}

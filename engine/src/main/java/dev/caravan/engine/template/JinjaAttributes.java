package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Function;
import dev.caravan.engine.template.JinjaTypes.Loop;
import dev.caravan.engine.template.JinjaTypes.Namespace;
import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code value.name} and {@code value[key]}. Methods that change a value are refused, as in Jinja's immutable sandbox. */
final class JinjaAttributes {
    private static final Set<String> CHANGING = Set.of(
            "append",
            "clear",
            "extend",
            "insert",
            "pop",
            "popitem",
            "remove",
            "reverse",
            "setdefault",
            "sort",
            "update");

    private JinjaAttributes() {}

    /** {@code value.name}: a method or attribute first, then a dictionary's entry. */
    static Object attribute(Object value, String name) {
        Object method = own(value, name);
        if (method != null) {
            return method;
        }
        Object entry = entry(value, Text.trusted(name));
        return entry != null ? entry : missing(value, name);
    }

    /** {@code value[key]}: an entry first, then a method or attribute. */
    static Object item(Object value, Object key) {
        Object entry = entry(value, key);
        if (entry != null) {
            return entry;
        }
        Object method = key instanceof Text name ? own(value, name.value()) : null;
        return method != null ? method : missing(value, JinjaValues.string(key).value());
    }

    private static Undefined missing(Object value, String name) {
        return new Undefined("%s has no attribute '%s'".formatted(JinjaValues.typeName(value), name));
    }

    private static @Nullable Object entry(Object value, Object key) {
        return switch (value) {
            case Undefined undefined -> throw undefined.failure();
            case Map<?, ?> map -> map.get(key);
            case List<?> list when key instanceof BigInteger index -> at(JinjaValues.items(list), index);
            case Tuple tuple when key instanceof BigInteger index -> at(tuple.items(), index);
            case Text text when key instanceof BigInteger index -> at(JinjaValues.items(text), index);
            default -> null;
        };
    }

    private static @Nullable Object at(List<Object> items, BigInteger index) {
        BigInteger size = BigInteger.valueOf(items.size());
        BigInteger at = index.signum() < 0 ? index.add(size) : index;
        return at.signum() >= 0 && at.compareTo(size) < 0 ? items.get(at.intValue()) : null;
    }

    private static @Nullable Object own(Object value, String name) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if ((value instanceof Map || value instanceof List) && CHANGING.contains(name)) {
            return new Undefined("a template may not change %s with '%s'".formatted(JinjaValues.typeName(value), name));
        }
        return switch (value) {
            case Namespace namespace -> namespace.values().get(name);
            case Loop loop -> loop.attributes().get(name);
            case Map<?, ?> map -> mapMethod(map, name);
            case List<?> list -> listMethod(JinjaValues.items(list), name);
            case Tuple tuple -> listMethod(tuple.items(), name);
            case Text text -> StringMethods.find(text, name);
            default -> null;
        };
    }

    private static @Nullable Function mapMethod(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> (scope, arguments) -> entries(map);
            case "keys" -> (scope, arguments) -> new ArrayList<Object>(map.keySet());
            case "values" -> (scope, arguments) -> new ArrayList<Object>(map.values());
            case "copy" -> (scope, arguments) -> map;
            case "get" ->
                (scope, arguments) -> {
                    Object entry = map.get(arguments.require(0, "key"));
                    return entry != null ? entry : arguments.get(1, "default", None.NONE);
                };
            default -> null;
        };
    }

    /** The entries of a dictionary as pairs. */
    static List<Object> entries(Map<?, ?> map) {
        List<Object> entries = new ArrayList<>(map.size());
        map.forEach((key, value) -> entries.add(new Tuple(List.<Object>of(key, value))));
        return entries;
    }

    private static @Nullable Function listMethod(List<Object> items, String name) {
        return switch (name) {
            case "index" -> (scope, arguments) -> JinjaValues.integer(indexOf(items, arguments));
            case "count" ->
                (scope, arguments) -> JinjaValues.integer(items.stream()
                        .filter(item -> JinjaValues.equal(item, arguments.require(0, "value")))
                        .count());
            case "copy" -> (scope, arguments) -> items;
            default -> null;
        };
    }

    private static int indexOf(List<Object> items, Arguments arguments) {
        for (int i = 0; i < items.size(); i++) {
            if (JinjaValues.equal(items.get(i), arguments.require(0, "value"))) {
                return i;
            }
        }
        throw new JinjaException("the value is not in the list");
    }
}

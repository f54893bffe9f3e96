package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaFilters.Filter;
import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Generated;
import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Jinja's filters on lists. */
final class JinjaListFilters {
    private JinjaListFilters() {}

    static void register(Map<String, Filter> filters) {
        filters.put("first", (scope, input, arguments) -> end(scope, input, true));
        filters.put("last", (scope, input, arguments) -> end(scope, input, false));
        filters.put("list", (scope, input, arguments) -> JinjaFilters.list(scope, input));
        filters.put("join", JinjaListFilters::join);
        filters.put("reverse", JinjaListFilters::reverse);
        filters.put("sort", JinjaListFilters::sort);
        filters.put("unique", JinjaListFilters::unique);
        filters.put("min", (scope, input, arguments) -> extreme(scope, input, arguments, -1));
        filters.put("max", (scope, input, arguments) -> extreme(scope, input, arguments, 1));
        filters.put("sum", JinjaListFilters::sum);
        filters.put("items", (scope, input, arguments) -> entries(input));
        filters.put("dictsort", JinjaListFilters::sortedEntries);
        filters.put("map", JinjaListFilters::map);
        filters.put("select", (scope, input, arguments) -> select(scope, input, arguments, false, true));
        filters.put("reject", (scope, input, arguments) -> select(scope, input, arguments, false, false));
        filters.put("selectattr", (scope, input, arguments) -> select(scope, input, arguments, true, true));
        filters.put("rejectattr", (scope, input, arguments) -> select(scope, input, arguments, true, false));
        filters.put("groupby", JinjaListFilters::groups);
        filters.put("batch", JinjaListFilters::batches);
    }

    private static Object end(JinjaScope scope, Object input, boolean first) {
        List<Object> items = JinjaFilters.list(scope, input);
        if (items.isEmpty()) {
            return new Undefined("an empty list has no first or last item");
        }
        return first ? items.getFirst() : items.getLast();
    }

    private static Object join(JinjaScope scope, Object input, Arguments arguments) {
        UnaryOperator<Object> key = key(arguments.get(1, "attribute", None.NONE), false);
        List<Object> parts = new ArrayList<>(JinjaFilters.list(scope, input));
        parts.replaceAll(key);
        return JinjaOperators.join(scope.run(), parts, JinjaValues.string(arguments.get(0, "d", Text.EMPTY)));
    }

    private static Object reverse(JinjaScope scope, Object input, Arguments arguments) {
        List<Object> items = JinjaFilters.list(scope, input);
        Collections.reverse(items);
        return input instanceof Text ? JinjaOperators.join(scope.run(), items, Text.EMPTY) : new Generated(items);
    }

    /** What to compare or print of an item: itself or its attribute, without case where asked. */
    private static UnaryOperator<Object> key(Object attribute, boolean ignoresCase) {
        return item -> {
            Object value = attribute == None.NONE ? item : path(item, attribute);
            return ignoresCase && value instanceof Text text
                    ? text.derived(text.value().toLowerCase(Locale.ROOT))
                    : value;
        };
    }

    /** An attribute named {@code a.b.0}. */
    private static Object path(Object item, Object attribute) {
        if (attribute instanceof BigInteger) {
            return JinjaAttributes.item(item, attribute);
        }
        Object value = item;
        for (Object part : parts(attribute)) {
            String name = JinjaValues.string(part).value();
            value = JinjaAttributes.item(value, name.matches("[0-9]{1,9}") ? new BigInteger(name) : part);
        }
        return value;
    }

    private static List<Object> parts(Object attribute) {
        String path = JinjaValues.string(attribute).value();
        List<Object> parts = new ArrayList<>();
        int start = 0;
        for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', start)) {
            parts.add(Text.trusted(path.substring(start, dot)));
            start = dot + 1;
        }
        parts.add(Text.trusted(path.substring(start)));
        return parts;
    }

    private static Object sort(JinjaScope scope, Object input, Arguments arguments) {
        UnaryOperator<Object> key = key(arguments.get(2, "attribute", None.NONE), !arguments.flag(1, "case_sensitive"));
        List<Object> items = JinjaFilters.list(scope, input);
        Comparator<Object> order = Comparator.comparing(key, JinjaValues::compare);
        items.sort(arguments.flag(0, "reverse") ? order.reversed() : order);
        return items;
    }

    private static Object unique(JinjaScope scope, Object input, Arguments arguments) {
        UnaryOperator<Object> key = key(arguments.get(1, "attribute", None.NONE), !arguments.flag(0, "case_sensitive"));
        List<Object> seen = new ArrayList<>();
        List<Object> unique = new ArrayList<>();
        for (Object item : JinjaFilters.list(scope, input)) {
            Object value = key.apply(item);
            scope.run().steps(seen.size());
            if (seen.stream().noneMatch(other -> JinjaValues.equal(other, value))) {
                seen.add(value);
                unique.add(item);
            }
        }
        return new Generated(unique);
    }

    private static Object extreme(JinjaScope scope, Object input, Arguments arguments, int sign) {
        UnaryOperator<Object> key = key(arguments.get(1, "attribute", None.NONE), !arguments.flag(0, "case_sensitive"));
        Object best = null;
        for (Object item : JinjaFilters.list(scope, input)) {
            if (best == null || sign * JinjaValues.compare(key.apply(item), key.apply(best)) > 0) {
                best = item;
            }
        }
        return best == null ? new Undefined("an empty list has no extreme") : best;
    }

    private static Object sum(JinjaScope scope, Object input, Arguments arguments) {
        UnaryOperator<Object> key = key(arguments.get(0, "attribute", None.NONE), false);
        Object total = arguments.get(1, "start", BigInteger.ZERO);
        for (Object item : JinjaFilters.list(scope, input)) {
            total = JinjaOperators.arithmetic(scope.run(), "+", total, key.apply(item));
        }
        return total;
    }

    private static Object entries(Object input) {
        if (input instanceof Undefined) {
            return new Generated(List.of());
        }
        if (input instanceof Map<?, ?> map) {
            return new Generated(JinjaAttributes.entries(map));
        }
        throw new JinjaException("items takes a dictionary, not %s".formatted(JinjaValues.typeName(input)));
    }

    private static Object sortedEntries(JinjaScope scope, Object input, Arguments arguments) {
        List<Object> entries = JinjaFilters.list(scope, entries(input));
        int position = arguments.text(1, "by", "key").value().equals("value") ? 1 : 0;
        UnaryOperator<Object> key = key(JinjaValues.integer(position), !arguments.flag(0, "case_sensitive"));
        Comparator<Object> order = Comparator.comparing(key, JinjaValues::compare);
        entries.sort(arguments.flag(2, "reverse") ? order.reversed() : order);
        return entries;
    }

    private static Object map(JinjaScope scope, Object input, Arguments arguments) {
        List<Object> results = new ArrayList<>();
        Object attribute = arguments.named().get("attribute");
        Object otherwise = arguments.named().get("default");
        for (Object item : sequence(scope, input)) {
            if (attribute != null) {
                Object value = path(item, attribute);
                results.add(value instanceof Undefined && otherwise != null ? otherwise : value);
            } else {
                String name = JinjaValues.string(arguments.require(0, "filter")).value();
                results.add(JinjaFilters.apply(scope, name, item, arguments.from(1)));
            }
        }
        return new Generated(results);
    }

    /** What these filters walk over: Jinja takes None for an empty list here. */
    private static List<Object> sequence(JinjaScope scope, Object input) {
        return input == None.NONE ? List.of() : JinjaFilters.list(scope, input);
    }

    private static Object select(
            JinjaScope scope, Object input, Arguments arguments, boolean byAttribute, boolean wanted) {
        int first = byAttribute ? 1 : 0;
        List<Object> selected = new ArrayList<>();
        for (Object item : sequence(scope, input)) {
            Object value = byAttribute ? path(item, arguments.require(0, "attribute")) : item;
            boolean passes = arguments.positional().size() > first
                    ? JinjaTests.test(
                            scope,
                            JinjaValues.string(arguments.positional().get(first))
                                    .value(),
                            value,
                            arguments.from(first + 1))
                    : JinjaValues.isTrue(value);
            if (passes == wanted) {
                selected.add(item);
            }
        }
        return new Generated(selected);
    }

    private static Object groups(JinjaScope scope, Object input, Arguments arguments) {
        boolean ignoresCase = !arguments.flag(2, "case_sensitive");
        UnaryOperator<Object> exact = key(arguments.require(0, "attribute"), false);
        UnaryOperator<Object> key = key(arguments.require(0, "attribute"), ignoresCase);
        List<Object> items = JinjaFilters.list(scope, input);
        items.sort(Comparator.comparing(key, JinjaValues::compare));
        List<Object> groups = new ArrayList<>();
        List<Object> members = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            members.add(items.get(i));
            boolean last =
                    i + 1 == items.size() || !JinjaValues.equal(key.apply(items.get(i)), key.apply(items.get(i + 1)));
            if (last) {
                groups.add(new Tuple(List.of(exact.apply(members.getFirst()), members)));
                members = new ArrayList<>();
            }
        }
        return groups;
    }

    private static Object batches(JinjaScope scope, Object input, Arguments arguments) {
        int size = JinjaValues.toInt(arguments.require(0, "linecount"));
        if (size < 1) {
            throw new JinjaException("batch takes a positive number");
        }
        Object fill = arguments.get(1, "fill_with", None.NONE);
        List<Object> batches = new ArrayList<>();
        List<Object> items = JinjaFilters.list(scope, input);
        for (int i = 0; i < items.size(); i += size) {
            List<Object> batch = new ArrayList<>(items.subList(i, Math.min(items.size(), i + size)));
            scope.run().steps(size);
            while (fill != None.NONE && batch.size() < size) {
                batch.add(fill);
            }
            batches.add(batch);
        }
        return new Generated(batches);
    }
}

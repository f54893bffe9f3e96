package dev.caravan.engine.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The values of a template that Java has no type for. The others are {@link Text}, {@link Boolean},
 * {@link java.math.BigInteger}, {@link Double}, {@link List} and {@link Map}.
 */
final class JinjaTypes {
    private JinjaTypes() {}

    /** Python's None. */
    enum None {
        NONE
    }

    /**
     * What a name or attribute that does not exist gives: prints as nothing, is false and empty, and fails on any use.
     *
     * @param problem what to say then
     */
    record Undefined(String problem) {
        JinjaException failure() {
            return new JinjaException(problem);
        }
    }

    record Tuple(List<Object> items) {}

    /** What {@code map}, {@code select} and their kind give: to be walked once, always true, without a length. */
    record Generated(List<Object> items) {}

    /** {@code namespace(...)}: the one value that a template may change. */
    record Namespace(Map<String, Object> values) {}

    /** Something to call. */
    interface Function {
        Object call(JinjaScope scope, Arguments arguments);
    }

    /** {@code loop}: attributes, and in a recursive loop a call. */
    record Loop(Map<String, Object> attributes, Function recursion) implements Function {
        @Override
        public Object call(JinjaScope scope, Arguments arguments) {
            return recursion.call(scope, arguments);
        }
    }

    /** The arguments of a call. */
    record Arguments(List<Object> positional, Map<String, Object> named) {
        static final Arguments NONE = new Arguments(List.of(), Map.of());

        /** The argument at a position or of a name, or the other value if it was not given. */
        Object get(int position, String name, Object otherwise) {
            if (position < positional.size()) {
                return positional.get(position);
            }
            Object value = named.get(name);
            return value == null ? otherwise : value;
        }

        Object require(int position, String name) {
            Object value = get(position, name, None.NONE);
            if (value == None.NONE && position >= positional.size() && !named.containsKey(name)) {
                throw new JinjaException("the argument '%s' is missing".formatted(name));
            }
            return value;
        }

        Text text(int position, String name, String otherwise) {
            return get(position, name, Text.trusted(otherwise)) instanceof Text text ? text : Text.trusted(otherwise);
        }

        boolean flag(int position, String name) {
            return JinjaValues.isTrue(get(position, name, false));
        }

        int integer(int position, String name, int otherwise) {
            return JinjaValues.toInt(get(position, name, JinjaValues.integer(otherwise)));
        }

        /** These arguments without the first ones. */
        Arguments from(int position) {
            return new Arguments(
                    positional.subList(Math.min(position, positional.size()), positional.size()),
                    new LinkedHashMap<>(named));
        }
    }
}

package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Function;
import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Jinja's tests: what stands after {@code is}, and what {@code select} takes. */
final class JinjaTests {
    private JinjaTests() {}

    static boolean test(JinjaScope scope, String name, Object value, Arguments arguments) {
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == None.NONE;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "integer" -> value instanceof BigInteger;
            case "float" -> value instanceof Double;
            case "number" -> JinjaValues.isNumber(value);
            case "string" -> value instanceof Text;
            case "mapping" -> value instanceof Map;
            case "iterable" -> JinjaValues.isIterable(value);
            case "sequence" ->
                value instanceof Text
                        || value instanceof List
                        || value instanceof Tuple
                        || value instanceof Map
                        || value instanceof Undefined;
            case "callable" -> value instanceof Function || value instanceof Undefined;
            case "even" -> parity(value) == 0;
            case "odd" -> parity(value) == 1;
            case "divisibleby" -> divides(scope, value, arguments.require(0, "num"));
            case "lower" -> isCase(value, JinjaValues.string(value).value().toLowerCase(Locale.ROOT));
            case "upper" -> isCase(value, JinjaValues.string(value).value().toUpperCase(Locale.ROOT));
            case "filter" -> JinjaFilters.exists(JinjaValues.string(value).value());
            case "escaped" -> false;
            default -> comparison(name, value, arguments);
        };
    }

    private static boolean comparison(String name, Object value, Arguments arguments) {
        String operator = switch (name) {
            case "eq", "equalto", "==", "sameas" -> "==";
            case "ne", "!=" -> "!=";
            case "lt", "lessthan", "<" -> "<";
            case "le", "<=" -> "<=";
            case "gt", "greaterthan", ">" -> ">";
            case "ge", ">=" -> ">=";
            case "in" -> "in";
            default -> throw new JinjaException("there is no test '%s'".formatted(name));
        };
        Object other = arguments.require(0, "other");
        boolean sameKind = !name.equals("sameas") || value.getClass() == other.getClass();
        return sameKind && JinjaOperators.compare(operator, value, other);
    }

    private static int parity(Object value) {
        return JinjaValues.whole(value).testBit(0) ? 1 : 0;
    }

    private static boolean divides(JinjaScope scope, Object value, Object divisor) {
        return !JinjaValues.isTrue(JinjaOperators.arithmetic(scope.run(), "%", value, divisor));
    }

    /** Python's islower and isupper: some letter has a case, and none another one. */
    private static boolean isCase(Object value, String converted) {
        String text = JinjaValues.string(value).value();
        return text.equals(converted) && !text.toLowerCase(Locale.ROOT).equals(text.toUpperCase(Locale.ROOT));
    }
}

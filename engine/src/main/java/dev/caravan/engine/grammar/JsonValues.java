package dev.caravan.engine.grammar;

import static dev.caravan.engine.grammar.Expression.UNBOUNDED;
import static dev.caravan.engine.grammar.Expression.characters;
import static dev.caravan.engine.grammar.Expression.choice;
import static dev.caravan.engine.grammar.Expression.optional;
import static dev.caravan.engine.grammar.Expression.repeat;
import static dev.caravan.engine.grammar.Expression.sequence;
import static dev.caravan.engine.grammar.Expression.text;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** JSON's values as expressions, with what a schema says of them. Long ones become rules, so that masks are shared. */
final class JsonValues {

    /** The columns of indentation; small models write white space for ever where they may. */
    private static final int MAX_INDENT = 20;

    /** Nothing, a space, or a line end with indentation. */
    private static final Expression SPACE =
            choice(text(""), text(" "), sequence(text("\n"), repeat(characters(" \t"), 0, MAX_INDENT)));

    private static final Expression COMMA = sequence(text(","), SPACE);
    private static final Expression COLON = sequence(text(":"), optional(text(" ")));

    private final GrammarRules rules;

    JsonValues(GrammarRules rules) {
        this.rules = rules;
    }

    /** Any value. */
    Expression any() {
        Expression value = rules.declare("value");
        if (rules.isMissing("value")) {
            rules.define(
                    "value",
                    choice(
                            map(value),
                            array(List.of(), value, 0, UNBOUNDED),
                            rules.rule("string", JsonStrings.any()),
                            rules.rule("number", JsonNumbers.NUMBER),
                            text("true"),
                            text("false"),
                            text("null")));
        }
        return value;
    }

    /** An object of any keys with such values. */
    Expression map(Expression value) {
        Expression member = sequence(rules.rule("string", JsonStrings.any()), COLON, value);
        return rules.rule(
                "map",
                sequence(
                        text("{"),
                        SPACE,
                        optional(sequence(member, repeat(sequence(COMMA, member), 0, UNBOUNDED), SPACE)),
                        text("}")));
    }

    /** An object of these members, in this order. */
    Expression object(Map<String, Expression> members, Set<String> required) {
        List<String> names = List.copyOf(members.keySet());
        List<Expression> written = new ArrayList<>();
        members.forEach((name, value) -> written.add(sequence(text(JsonText.of(name)), COLON, value)));
        // What may follow once something was written, from the last member to the first.
        List<Expression> rest = new ArrayList<>(List.of(Expression.EMPTY));
        for (int i = names.size() - 1; i > 0; i--) {
            Expression next = sequence(COMMA, written.get(i), rest.getFirst());
            Expression following = required.contains(names.get(i)) ? next : choice(next, rest.getFirst());
            rest.addFirst(rules.rule("members", following));
        }
        List<Expression> beginnings = new ArrayList<>();
        boolean mayBeEmpty = true;
        for (int i = 0; i < names.size() && mayBeEmpty; i++) {
            beginnings.add(sequence(written.get(i), rest.get(i), SPACE));
            mayBeEmpty = !required.contains(names.get(i));
        }
        if (mayBeEmpty) {
            beginnings.add(Expression.EMPTY);
        }
        return rules.rule("object", sequence(text("{"), SPACE, choice(beginnings), text("}")));
    }

    /**
     * An array whose first items are those of the prefix.
     *
     * @param items the items behind the prefix; not looked at where {@code max} leaves none
     */
    Expression array(List<Expression> prefix, Expression items, int min, int max) {
        if (max == 0) {
            return rules.rule("array", sequence(text("["), SPACE, text("]")));
        }
        int fixed = Math.min(prefix.size(), max);
        Expression rest = Expression.EMPTY;
        if (max > fixed) {
            int further = max == UNBOUNDED ? UNBOUNDED : max - Math.max(fixed, 1);
            int needed = Math.max(0, min - Math.max(fixed, 1));
            rest = repeat(sequence(COMMA, items), needed, further);
        }
        for (int i = fixed - 1; i > 0; i--) {
            Expression next = sequence(COMMA, prefix.get(i), rest);
            rest = rules.rule("items", i < min ? next : optional(next));
        }
        Expression first = fixed == 0 ? items : prefix.getFirst();
        Expression some = sequence(first, rest, SPACE);
        return rules.rule("array", sequence(text("["), SPACE, min == 0 ? optional(some) : some, text("]")));
    }

    Expression string(SchemaKeywords keywords) {
        boolean hasLength = keywords.has("minLength") || keywords.has("maxLength");
        int ways = (hasLength ? 1 : 0) + (keywords.has("pattern") ? 1 : 0) + (keywords.has("format") ? 1 : 0);
        if (ways > 1) {
            throw keywords.failure(
                    "only one of 'pattern', 'format' and the lengths is supported at a time; write the length into the pattern");
        }
        if (keywords.has("pattern")) {
            Expression pattern = PatternParser.parse(keywords.text("pattern"), keywords.location());
            return rules.rule("pattern", pattern);
        }
        if (keywords.has("format")) {
            String format = keywords.text("format");
            String pattern = JsonFormats.PATTERNS.get(format);
            if (pattern == null) {
                throw keywords.failure("the format '%s' is not supported; there are %s"
                        .formatted(
                                format,
                                String.join(
                                        ", ",
                                        JsonFormats.PATTERNS.keySet().stream()
                                                .sorted()
                                                .toList())));
            }
            return rules.rule(format, PatternParser.parse(pattern, keywords.location()));
        }
        int min = keywords.limit("minLength", 0);
        int max = keywords.limit("maxLength", UNBOUNDED);
        if (min > max) {
            throw keywords.failure("no text has at least %d and at most %d characters".formatted(min, max));
        }
        return rules.rule("string", JsonStrings.ofLength(min, max));
    }

    Expression integer(SchemaKeywords keywords) {
        Optional<JsonDecimals.Bound> least = bound(keywords, "minimum", "exclusiveMinimum", 1);
        Optional<JsonDecimals.Bound> most = bound(keywords, "maximum", "exclusiveMaximum", -1);
        if (least.isEmpty() && most.isEmpty()) {
            return rules.rule("integer", JsonNumbers.INTEGER);
        }
        BigInteger far = farthest(least, most).toBigInteger();
        BigInteger from =
                least.map(bound -> nearest(bound, RoundingMode.CEILING, 1)).orElse(far.negate());
        BigInteger to =
                most.map(bound -> nearest(bound, RoundingMode.FLOOR, -1)).orElse(far);
        if (from.compareTo(to) > 0) {
            throw keywords.failure("no integer lies between the minimum and the maximum");
        }
        return rules.rule("integer", JsonNumbers.integers(from, to));
    }

    Expression number(SchemaKeywords keywords) {
        Optional<JsonDecimals.Bound> least = bound(keywords, "minimum", "exclusiveMinimum", 1);
        Optional<JsonDecimals.Bound> most = bound(keywords, "maximum", "exclusiveMaximum", -1);
        if (least.isEmpty() && most.isEmpty()) {
            return rules.rule("number", JsonNumbers.NUMBER);
        }
        BigDecimal far = farthest(least, most);
        Expression numbers = JsonDecimals.between(
                        least.orElse(new JsonDecimals.Bound(far.negate(), true)),
                        most.orElse(new JsonDecimals.Bound(far, true)))
                .orElseThrow(() -> keywords.failure("no number lies between the minimum and the maximum"));
        return rules.rule("number", numbers);
    }

    /** Where one side is open, numbers go on to the largest of the usual digits, or of one digit more than the bound. */
    private static BigDecimal farthest(Optional<JsonDecimals.Bound> least, Optional<JsonDecimals.Bound> most) {
        BigDecimal known =
                least.or(() -> most).map(bound -> bound.value().abs()).orElse(BigDecimal.ZERO);
        int digits = Math.max(JsonNumbers.MAX_DIGITS, known.precision() - known.scale() + 1);
        return BigDecimal.TEN.pow(digits).subtract(BigDecimal.ONE);
    }

    private static BigInteger nearest(JsonDecimals.Bound bound, RoundingMode rounding, int step) {
        BigDecimal rounded = bound.value().setScale(0, rounding);
        boolean isBound = rounded.compareTo(bound.value()) == 0;
        BigInteger nearest = rounded.toBigInteger();
        return isBound && !bound.isIncluded() ? nearest.add(BigInteger.valueOf(step)) : nearest;
    }

    /** The narrower of an including and an excluding bound. */
    private static Optional<JsonDecimals.Bound> bound(
            SchemaKeywords keywords, String including, String excluding, int direction) {
        Optional<JsonDecimals.Bound> included = keywords.has(including)
                ? Optional.of(new JsonDecimals.Bound(keywords.number(including), true))
                : Optional.empty();
        if (!keywords.has(excluding)) {
            return included;
        }
        JsonDecimals.Bound excluded = new JsonDecimals.Bound(keywords.number(excluding), false);
        int order =
                included.map(bound -> bound.value().compareTo(excluded.value())).orElse(0);
        boolean isIncludedNarrower = Integer.signum(order) == direction;
        return isIncludedNarrower ? included : Optional.of(excluded);
    }
}

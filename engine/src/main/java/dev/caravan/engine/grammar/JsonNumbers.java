package dev.caravan.engine.grammar;

import static dev.caravan.engine.grammar.Expression.characters;
import static dev.caravan.engine.grammar.Expression.choice;
import static dev.caravan.engine.grammar.Expression.optional;
import static dev.caravan.engine.grammar.Expression.range;
import static dev.caravan.engine.grammar.Expression.repeat;
import static dev.caravan.engine.grammar.Expression.sequence;
import static dev.caravan.engine.grammar.Expression.text;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * JSON's numbers as expressions. Their digits are limited, because a model that has lost its way would go on for ever:
 * 15 before the point, so that every integer is exact as a double, 15 behind it, and 2 in the exponent.
 */
final class JsonNumbers {
    static final int MAX_DIGITS = 15;

    static final Expression DIGIT = range('0', '9');

    private static final Expression WHOLE =
            choice(text("0"), sequence(range('1', '9'), repeat(DIGIT, 0, MAX_DIGITS - 1)));

    static final Expression INTEGER = sequence(optional(text("-")), WHOLE);

    static final Expression FRACTION = sequence(text("."), repeat(DIGIT, 1, MAX_DIGITS));

    static final Expression NUMBER = sequence(
            INTEGER,
            optional(FRACTION),
            optional(sequence(characters("eE"), optional(characters("+-")), repeat(DIGIT, 1, 2))));

    private JsonNumbers() {}

    /** The integers from the least to the most, both included. */
    static Expression integers(BigInteger least, BigInteger most) {
        List<Expression> options = new ArrayList<>();
        if (least.signum() < 0) {
            BigInteger smallest = most.signum() < 0 ? most.negate() : BigInteger.ONE;
            options.add(sequence(text("-"), naturals(smallest, least.negate())));
        }
        if (most.signum() >= 0) {
            options.add(naturals(least.max(BigInteger.ZERO), most));
        }
        return choice(options);
    }

    /** The same for integers that are not negative. */
    static Expression naturals(BigInteger least, BigInteger most) {
        List<Expression> options = new ArrayList<>();
        int longest = most.toString().length();
        for (int length = least.toString().length(); length <= longest; length++) {
            BigInteger first = length == 1 ? BigInteger.ZERO : BigInteger.TEN.pow(length - 1);
            BigInteger last = BigInteger.TEN.pow(length).subtract(BigInteger.ONE);
            options.add(between(least.max(first).toString(), most.min(last).toString(), 0));
        }
        return choice(options);
    }

    /** Digits of the same length, from a place on; before it they are equal. */
    private static Expression between(String least, String most, int place) {
        if (place == least.length()) {
            return Expression.EMPTY;
        }
        char low = least.charAt(place);
        char high = most.charAt(place);
        if (low == high) {
            return sequence(text(String.valueOf(low)), between(least, most, place + 1));
        }
        List<Expression> options = new ArrayList<>();
        options.add(sequence(text(String.valueOf(low)), atLeast(least, place + 1)));
        if (low + 1 <= high - 1) {
            options.add(sequence(range(low + 1, high - 1), digits(least.length() - place - 1)));
        }
        options.add(sequence(text(String.valueOf(high)), atMost(most, place + 1)));
        return choice(options);
    }

    private static Expression atLeast(String least, int place) {
        if (place == least.length()) {
            return Expression.EMPTY;
        }
        char low = least.charAt(place);
        Expression same = sequence(text(String.valueOf(low)), atLeast(least, place + 1));
        return low == '9' ? same : choice(same, sequence(range(low + 1, '9'), digits(least.length() - place - 1)));
    }

    private static Expression atMost(String most, int place) {
        if (place == most.length()) {
            return Expression.EMPTY;
        }
        char high = most.charAt(place);
        Expression same = sequence(text(String.valueOf(high)), atMost(most, place + 1));
        return high == '0' ? same : choice(same, sequence(range('0', high - 1), digits(most.length() - place - 1)));
    }

    private static Expression digits(int count) {
        return repeat(DIGIT, count, count);
    }
}

package dev.caravan.engine.grammar;

import static dev.caravan.engine.grammar.Expression.choice;
import static dev.caravan.engine.grammar.Expression.optional;
import static dev.caravan.engine.grammar.Expression.range;
import static dev.caravan.engine.grammar.Expression.repeat;
import static dev.caravan.engine.grammar.Expression.sequence;
import static dev.caravan.engine.grammar.Expression.text;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The decimal numbers between two bounds, without exponents, as expressions. */
final class JsonDecimals {

    /** Places behind the bounds' own that numbers next to an excluded bound may have. */
    private static final int FURTHER_PLACES = 4;

    private JsonDecimals() {}

    /**
     * One end of a range.
     *
     * @param isIncluded whether the value itself belongs to the range
     */
    record Bound(BigDecimal value, boolean isIncluded) {
        private Bound negate() {
            return new Bound(value.negate(), isIncluded);
        }

        private BigInteger whole() {
            return value.setScale(0, RoundingMode.FLOOR).toBigInteger();
        }

        /** The digits behind the point, without zeros at the end. */
        private String places() {
            BigDecimal fraction = value.remainder(BigDecimal.ONE).stripTrailingZeros();
            return fraction.signum() == 0 ? "" : fraction.toPlainString().substring(2);
        }
    }

    /** The numbers from the least to the most; nothing if there is none. */
    static Optional<Expression> between(Bound least, Bound most) {
        List<Expression> options = new ArrayList<>();
        Bound zero = new Bound(BigDecimal.ZERO, true);
        Bound aboveZero = new Bound(BigDecimal.ZERO, false);
        if (least.value().signum() < 0) {
            Bound nearest = most.value().signum() < 0 ? most.negate() : aboveZero;
            positive(nearest, least.negate()).ifPresent(option -> options.add(sequence(text("-"), option)));
        }
        if (most.value().signum() >= 0) {
            positive(least.value().signum() < 0 ? zero : least, most).ifPresent(options::add);
        }
        return options.isEmpty() ? Optional.empty() : Optional.of(choice(options));
    }

    private static Optional<Expression> positive(Bound least, Bound most) {
        int order = least.value().compareTo(most.value());
        if (order > 0 || (order == 0 && !(least.isIncluded() && most.isIncluded()))) {
            return Optional.empty();
        }
        List<Expression> options = new ArrayList<>();
        BigInteger first = least.whole();
        BigInteger last = most.whole();
        if (first.equals(last)) {
            new Places(least, true, most, true).after(first).ifPresent(options::add);
        } else {
            new Places(least, true, most, false).after(first).ifPresent(options::add);
            BigInteger afterFirst = first.add(BigInteger.ONE);
            BigInteger beforeLast = last.subtract(BigInteger.ONE);
            if (afterFirst.compareTo(beforeLast) <= 0) {
                options.add(sequence(JsonNumbers.naturals(afterFirst, beforeLast), optional(JsonNumbers.FRACTION)));
            }
            new Places(least, false, most, true).after(last).ifPresent(options::add);
        }
        return options.isEmpty() ? Optional.empty() : Optional.of(choice(options));
    }

    /** The digits behind the point where the whole part is that of a bound. */
    private static final class Places {
        private final String low;
        private final boolean lowIsIncluded;
        private final String high;
        private final boolean highIsIncluded;
        private final boolean startsAtLow;
        private final boolean startsAtHigh;
        private final int longest;

        Places(Bound least, boolean startsAtLow, Bound most, boolean startsAtHigh) {
            this.low = least.places();
            this.lowIsIncluded = least.isIncluded();
            this.high = most.places();
            this.highIsIncluded = most.isIncluded();
            this.startsAtLow = startsAtLow;
            this.startsAtHigh = startsAtHigh;
            this.longest = Math.max(low.length(), high.length()) + FURTHER_PLACES;
        }

        Optional<Expression> after(BigInteger whole) {
            Optional<Expression> places = from(0, startsAtLow, startsAtHigh).map(rest -> sequence(text("."), rest));
            if (mayStop(0, startsAtLow, startsAtHigh)) {
                Expression some = places.map(Expression::optional).orElse(Expression.EMPTY);
                return Optional.of(sequence(text(whole.toString()), some));
            }
            return places.map(rest -> sequence(text(whole.toString()), rest));
        }

        /** At least one digit; while the digits before equal those of a bound, it limits them. */
        private Optional<Expression> from(int place, boolean isAtLow, boolean isAtHigh) {
            boolean isLimitedBelow = isAtLow && !(lowIsIncluded && place >= low.length());
            if (!isLimitedBelow && !isAtHigh) {
                return Optional.of(repeat(JsonNumbers.DIGIT, 1, JsonNumbers.MAX_DIGITS));
            }
            if (isAtHigh && place >= high.length() && highIsIncluded && !isLimitedBelow) {
                return Optional.of(repeat(text("0"), 1, JsonNumbers.MAX_DIGITS));
            }
            if (place >= longest || (isAtHigh && place >= high.length())) {
                return Optional.empty();
            }
            int least = isLimitedBelow ? digit(low, place) : '0';
            int most = isAtHigh ? digit(high, place) : '9';
            List<Expression> options = new ArrayList<>();
            if (least == most) {
                add(options, least, place, isLimitedBelow, isAtHigh);
            } else {
                add(options, least, place, isLimitedBelow, false);
                if (least + 1 <= most - 1) {
                    Expression rest = repeat(JsonNumbers.DIGIT, 0, JsonNumbers.MAX_DIGITS);
                    options.add(sequence(range(least + 1, most - 1), rest));
                }
                add(options, most, place, false, isAtHigh);
            }
            return options.isEmpty() ? Optional.empty() : Optional.of(choice(options));
        }

        private void add(List<Expression> options, int digit, int place, boolean isAtLow, boolean isAtHigh) {
            Optional<Expression> rest = from(place + 1, isAtLow, isAtHigh);
            Expression first = text(Character.toString(digit));
            if (mayStop(place + 1, isAtLow, isAtHigh)) {
                options.add(sequence(first, rest.map(Expression::optional).orElse(Expression.EMPTY)));
            } else {
                rest.ifPresent(digits -> options.add(sequence(first, digits)));
            }
        }

        private boolean mayStop(int place, boolean isAtLow, boolean isAtHigh) {
            boolean isLowEnough = !isAtLow || (place >= low.length() && lowIsIncluded);
            boolean isHighEnough = !isAtHigh || place < high.length() || highIsIncluded;
            return isLowEnough && isHighEnough;
        }

        private static int digit(String places, int place) {
            return place < places.length() ? places.charAt(place) : '0';
        }
    }
}

package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.None;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic and slices. */
final class JinjaOperators {
    /** Integers of a template are counters; a power could make one of any size. */
    private static final int MAX_BITS = 4096;

    private JinjaOperators() {}

    static Object arithmetic(JinjaRun run, String operator, Object left, Object right) {
        if (left instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (right instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (JinjaValues.isNumber(left) && JinjaValues.isNumber(right)) {
            boolean real = left instanceof Double || right instanceof Double || operator.equals("/");
            return real
                    ? realArithmetic(operator, JinjaValues.real(left), JinjaValues.real(right))
                    : wholeArithmetic(operator, JinjaValues.whole(left), JinjaValues.whole(right));
        }
        if (operator.equals("+")) {
            return concatenate(run, left, right);
        }
        if (operator.equals("*") && JinjaValues.isNumber(right)) {
            return repeat(run, left, JinjaValues.whole(right));
        }
        if (operator.equals("*") && JinjaValues.isNumber(left)) {
            return repeat(run, right, JinjaValues.whole(left));
        }
        if (operator.equals("%") && left instanceof Text format) {
            return PrintfFormat.format(run, format, right);
        }
        throw mismatch(operator, left, right);
    }

    private static JinjaException mismatch(String operator, Object left, Object right) {
        return new JinjaException("%s %s %s cannot be computed"
                .formatted(JinjaValues.typeName(left), operator, JinjaValues.typeName(right)));
    }

    private static Object realArithmetic(String operator, double left, double right) {
        if (right == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
            throw new JinjaException("division by zero");
        }
        return switch (operator) {
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "/" -> left / right;
            case "//" -> Math.floor(left / right);
            case "%" -> left - right * Math.floor(left / right);
            case "**" -> Math.pow(left, right);
            default -> throw new JinjaException("unknown operator " + operator);
        };
    }

    private static Object wholeArithmetic(String operator, BigInteger left, BigInteger right) {
        if (left.bitLength() + right.bitLength() > MAX_BITS) {
            throw new JinjaException("the numbers are too large to compute with");
        }
        return switch (operator) {
            case "+" -> left.add(right);
            case "-" -> left.subtract(right);
            case "*" -> left.multiply(right);
            case "//" -> floorDivide(left, right);
            case "%" -> left.subtract(right.multiply(floorDivide(left, right)));
            case "**" -> power(left, right);
            default -> throw new JinjaException("unknown operator " + operator);
        };
    }

    private static BigInteger floorDivide(BigInteger left, BigInteger right) {
        if (right.signum() == 0) {
            throw new JinjaException("division by zero");
        }
        BigInteger[] parts = left.divideAndRemainder(right);
        boolean roundsDown = parts[1].signum() != 0 && parts[1].signum() != right.signum();
        return roundsDown ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static Object power(BigInteger base, BigInteger exponent) {
        if (exponent.signum() < 0) {
            return Math.pow(base.doubleValue(), exponent.doubleValue());
        }
        if (exponent.bitLength() > 12 || (long) base.bitLength() * exponent.intValue() > MAX_BITS) {
            throw new JinjaException("the numbers are too large to compute with");
        }
        return base.pow(exponent.intValue());
    }

    private static Object concatenate(JinjaRun run, Object left, Object right) {
        if (left instanceof Text one && right instanceof Text other) {
            return concatenate(run, one, other);
        }
        boolean tuples = left instanceof Tuple && right instanceof Tuple;
        if (!tuples && !(left instanceof List && right instanceof List)) {
            throw mismatch("+", left, right);
        }
        List<Object> items = new ArrayList<>(JinjaValues.items(left));
        items.addAll(JinjaValues.items(right));
        run.steps(items.size());
        return tuples ? new Tuple(items) : items;
    }

    static Text concatenate(JinjaRun run, Text left, Text right) {
        run.characters((long) left.length() + right.length());
        return left.plus(right);
    }

    private static Object repeat(JinjaRun run, Object value, BigInteger times) {
        int count = times.signum() < 0 ? 0 : JinjaValues.toInt(times);
        if (value instanceof Text text) {
            run.characters((long) text.length() * count);
            Text.Builder builder = new Text.Builder();
            for (int i = 0; i < count && text.length() > 0; i++) {
                builder.append(text);
            }
            return builder.build();
        }
        if (!(value instanceof List) && !(value instanceof Tuple)) {
            throw mismatch("*", value, times);
        }
        List<Object> source = JinjaValues.items(value);
        run.steps((long) source.size() * count);
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < count && !source.isEmpty(); i++) {
            items.addAll(source);
        }
        return value instanceof Tuple ? new Tuple(items) : items;
    }

    static Object negate(Object value) {
        return value instanceof Double number
                ? (Object) (-number)
                : JinjaValues.whole(value).negate();
    }

    static boolean compare(String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> JinjaValues.equal(left, right);
            case "!=" -> !JinjaValues.equal(left, right);
            case "in" -> JinjaValues.contains(right, left);
            case "not in" -> !JinjaValues.contains(right, left);
            case "<" -> ordered(left, right) && JinjaValues.compare(left, right) < 0;
            case "<=" -> ordered(left, right) && JinjaValues.compare(left, right) <= 0;
            case ">" -> ordered(left, right) && JinjaValues.compare(left, right) > 0;
            case ">=" -> ordered(left, right) && JinjaValues.compare(left, right) >= 0;
            default -> throw new JinjaException("unknown operator " + operator);
        };
    }

    /** Nothing is ordered against a float that is not a number. */
    private static boolean ordered(Object left, Object right) {
        return !(left instanceof Double one && Double.isNaN(one))
                && !(right instanceof Double other && Double.isNaN(other));
    }

    /** {@code value[start:stop:step]}; None stands for a bound that was left out. */
    static Object slice(JinjaRun run, Object value, Object start, Object stop, Object step) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(value instanceof Text) && !(value instanceof List) && !(value instanceof Tuple)) {
            throw new JinjaException("%s cannot be sliced".formatted(JinjaValues.typeName(value)));
        }
        List<Object> items = JinjaValues.items(value);
        run.steps(items.size());
        int stride = bound(step, 1);
        if (stride == 0) {
            throw new JinjaException("the step of a slice cannot be zero");
        }
        int size = items.size();
        int from = clamp(start, stride > 0 ? 0 : size - 1, size, stride);
        int to = clamp(stop, stride > 0 ? size : -1, size, stride);
        List<Object> picked = new ArrayList<>();
        for (long i = from; stride > 0 ? i < to : i > to; i += stride) {
            picked.add(items.get((int) i));
        }
        return switch (value) {
            case Text text -> join(run, picked, Text.EMPTY);
            case Tuple tuple -> new Tuple(picked);
            default -> picked;
        };
    }

    private static int bound(Object value, int otherwise) {
        return value == None.NONE ? otherwise : JinjaValues.toInt(value);
    }

    private static int clamp(@Nullable Object bound, int otherwise, int size, int stride) {
        if (bound == null || bound == None.NONE) {
            return otherwise;
        }
        long index = JinjaValues.toInt(bound);
        index = index < 0 ? index + size : index;
        return (int) Math.clamp(index, stride > 0 ? 0L : -1L, stride > 0 ? size : size - 1L);
    }

    static Text join(JinjaRun run, List<Object> parts, Text separator) {
        Text.Builder builder = new Text.Builder();
        for (int i = 0; i < parts.size(); i++) {
            Text part = JinjaValues.string(parts.get(i));
            run.characters((long) part.length() + separator.length());
            if (i > 0) {
                builder.append(separator);
            }
            builder.append(part);
        }
        return builder.build();
    }
}

package dev.caravan.server.finetuning;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Words and options of a command, read without knowing what they mean.
 *
 * @param words what does not belong to an option
 * @param options each with its value, empty for a switch
 */
record CommandLine(List<String> words, Map<String, String> options) {

    CommandLine {
        words = List.copyOf(words);
        options = Map.copyOf(options);
    }

    /**
     * Reads a command line.
     *
     * @param valued options that take a value
     * @param switches options that take none
     * @throws CommandException if an option is unknown, given twice, or lacks its value
     */
    static CommandLine of(List<String> arguments, Set<String> valued, Set<String> switches) {
        List<String> words = new ArrayList<>();
        Map<String, String> options = new LinkedHashMap<>();
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String word = rest.next();
            if (!word.startsWith("--")) {
                words.add(word);
                continue;
            }
            if (!valued.contains(word) && !switches.contains(word)) {
                throw new CommandException("The option %s is not known here.".formatted(word));
            }
            if (valued.contains(word) && !rest.hasNext()) {
                throw new CommandException("The option %s needs a value.".formatted(word));
            }
            if (options.put(word, valued.contains(word) ? rest.next() : "") != null) {
                throw new CommandException("The option %s stands there twice.".formatted(word));
            }
        }
        return new CommandLine(words, options);
    }

    /** @param missing what to say if there are fewer words */
    void requireWords(int count, String missing) {
        if (words.size() < count) {
            throw new CommandException(missing);
        }
        if (words.size() > count) {
            throw new CommandException("'%s' is one word too many.".formatted(words.get(count)));
        }
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    Optional<String> text(String option) {
        return Optional.ofNullable(options.get(option));
    }

    OptionalInt integer(String option, int least, int most) {
        OptionalLong value = whole(option, least, most);
        return value.isEmpty() ? OptionalInt.empty() : OptionalInt.of((int) value.getAsLong());
    }

    OptionalLong whole(String option, long least, long most) {
        String value = options.get(option);
        if (value == null) {
            return OptionalLong.empty();
        }
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return OptionalLong.of(number);
            }
        } catch (NumberFormatException notOne) {
            // said below
        }
        throw new CommandException(
                "%s takes a whole number from %d to %d, not '%s'.".formatted(option, least, most, value));
    }

    OptionalDouble number(String option, double least, double most) {
        String value = options.get(option);
        if (value == null) {
            return OptionalDouble.empty();
        }
        try {
            double number = Double.parseDouble(value);
            if (number >= least && number <= most) {
                return OptionalDouble.of(number);
            }
        } catch (NumberFormatException notOne) {
            // said below
        }
        throw new CommandException(
                least == Double.MIN_NORMAL
                        ? "%s takes a number above 0 up to %s, not '%s'.".formatted(option, plain(most), value)
                        : "%s takes a number from %s to %s, not '%s'."
                                .formatted(option, plain(least), plain(most), value));
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}

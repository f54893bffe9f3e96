package dev.caravan.server.finetuning;

import dev.caravan.engine.train.dataset.DatasetFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The words behind {@code ./caravan train preview}.
 *
 * @param format none to recognise it
 * @param rows how many examples are shown
 * @param maxLength the longest example in tokens; none for {@value #DEFAULT_MAX_LENGTH}, or what the model reads if less
 */
record PreviewOptions(
        String file, String model, Optional<DatasetFormat> format, int rows, Optional<Integer> maxLength) {

    static final int DEFAULT_MAX_LENGTH = 2048;

    private static final int DEFAULT_ROWS = 3;
    private static final int MAX_ROWS = 1000;
    private static final int LEAST_LENGTH = 16;

    /** @throws CommandException if the words make no sense */
    static PreviewOptions parse(List<String> words) {
        String file = "";
        String model = "";
        Optional<DatasetFormat> format = Optional.empty();
        int rows = DEFAULT_ROWS;
        Optional<Integer> maxLength = Optional.empty();
        for (Iterator<String> rest = words.iterator(); rest.hasNext(); ) {
            String word = rest.next();
            if (!word.startsWith("--")) {
                if (!file.isEmpty()) {
                    throw new CommandException("There are two files, '%s' and '%s'; name one.".formatted(file, word));
                }
                file = word;
                continue;
            }
            if (!List.of("--model", "--format", "--rows", "--max-length").contains(word)) {
                throw new CommandException("The option %s is not known here.".formatted(word));
            }
            if (!rest.hasNext()) {
                throw new CommandException("The option %s needs a value.".formatted(word));
            }
            String value = rest.next();
            switch (word) {
                case "--model" -> model = value;
                case "--format" -> format = Optional.of(format(value));
                case "--rows" -> rows = number(word, value, 0, MAX_ROWS);
                default -> maxLength = Optional.of(number(word, value, LEAST_LENGTH, Integer.MAX_VALUE));
            }
        }
        if (file.isEmpty() || model.isEmpty()) {
            throw new CommandException(
                    file.isEmpty()
                            ? "Name a file of training data."
                            : "Name the model with --model: its template counts.");
        }
        return new PreviewOptions(file, model, format, rows, maxLength);
    }

    private static DatasetFormat format(String value) {
        return DatasetFormat.named(value)
                .orElseThrow(() -> new CommandException(
                        "There is no format '%s'; formats are %s.".formatted(value, DatasetFormat.titles())));
    }

    private static int number(String option, String value, int least, int most) {
        if (value.matches("\\d{1,10}") && Long.parseLong(value) >= least && Long.parseLong(value) <= most) {
            return Integer.parseInt(value);
        }
        throw new CommandException("%s takes a number from %d to %d, not '%s'.".formatted(option, least, most, value));
    }
}

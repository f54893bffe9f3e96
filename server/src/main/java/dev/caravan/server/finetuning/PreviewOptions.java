package dev.caravan.server.finetuning;

import dev.caravan.engine.train.dataset.DatasetFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The words behind {@code ./caravan train preview}.
 *
 * @param format none to recognise it
 * @param rows how many examples are shown
 * @param maxLength the longest example in tokens; none for {@value #DEFAULT_MAX_LENGTH}, or what the model reads if less
 */
record PreviewOptions(String file, String model, Optional<DatasetFormat> format, int rows, OptionalInt maxLength) {

    static final int DEFAULT_MAX_LENGTH = 2048;

    static final int LEAST_LENGTH = 16;

    private static final int DEFAULT_ROWS = 3;
    private static final int MAX_ROWS = 1000;

    /** @throws CommandException if the words make no sense */
    static PreviewOptions parse(List<String> words) {
        CommandLine line = CommandLine.of(words, Set.of("--model", "--format", "--rows", "--max-length"), Set.of());
        line.requireWords(1, "Name a file of training data.");
        Optional<DatasetFormat> format = line.text("--format").map(TrainOptions::format);
        int rows = line.integer("--rows", 0, MAX_ROWS).orElse(DEFAULT_ROWS);
        OptionalInt maxLength = line.integer("--max-length", LEAST_LENGTH, Integer.MAX_VALUE);
        String model = line.text("--model")
                .orElseThrow(() -> new CommandException("Name the model with --model: its template counts."));
        return new PreviewOptions(line.words().getFirst(), model, format, rows, maxLength);
    }
}

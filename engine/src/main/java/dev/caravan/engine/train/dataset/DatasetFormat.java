package dev.caravan.engine.train.dataset;

import dev.caravan.engine.train.dataset.DatasetRow.Document;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The formats of training data; docs/reference/datasets.md describes their fields. */
public enum DatasetFormat {
    /** OpenAI's {@code messages}. */
    CHAT,
    /** {@code instruction}, {@code input}, {@code output}, {@code system}, {@code history}. */
    ALPACA,
    /** {@code conversations} of {@code from} and {@code value}. */
    SHAREGPT,
    /** {@code prompt} and {@code completion}. */
    COMPLETION,
    /** {@code text}, or a file of plain text with blank lines between the rows. */
    TEXT;

    /** The name in commands and settings: {@code chat}, {@code alpaca}, ... */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The format of a name, none if there is no such format. */
    public static Optional<DatasetFormat> named(String title) {
        return Arrays.stream(values())
                .filter(format -> format.title().equals(title))
                .findFirst();
    }

    /** The names of all formats, for messages. */
    public static String titles() {
        return Arrays.stream(values()).map(DatasetFormat::title).collect(Collectors.joining(", "));
    }

    /** The format that a row is in by its fields, in the order of the formats. */
    static Optional<DatasetFormat> recognise(RowFields row) {
        return Arrays.stream(values())
                .filter(format -> row.values().keySet().containsAll(format.keys()))
                .findFirst();
    }

    /** The fields that a row of this format always has. */
    private List<String> keys() {
        return switch (this) {
            case CHAT -> List.of("messages");
            case ALPACA -> List.of("instruction", "output");
            case SHAREGPT -> List.of("conversations");
            case COMPLETION -> List.of("prompt", "completion");
            case TEXT -> List.of("text");
        };
    }

    /**
     * A row of this format.
     *
     * @throws InvalidRowException if it is not sound
     */
    DatasetRow parse(RowFields row) {
        return switch (this) {
            case CHAT -> ChatRows.parse(row);
            case ALPACA -> AlpacaRows.parse(row);
            case SHAREGPT -> ShareGptRows.parse(row);
            case COMPLETION -> CompletionRows.parse(row);
            case TEXT -> new Document(row.filledText("text"));
        };
    }
}

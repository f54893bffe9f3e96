package dev.caravan.engine.train.dataset;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Document;
import dev.caravan.engine.train.dataset.DatasetRow.Turn;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** The bytes of a row to the row. The format is the one asked for, or that of the first row that is in any. */
final class RowParser {
    private static final Path ROW = Path.of("row");
    private static final int MAX_MESSAGES = 1000;

    private final boolean isPlainText;
    private @Nullable DatasetFormat format;

    /** @param format null to recognise it */
    RowParser(@Nullable DatasetFormat format, boolean isPlainText) {
        this.format = isPlainText ? DatasetFormat.TEXT : format;
        this.isPlainText = isPlainText;
    }

    /** The format, none as long as no row was in any. */
    Optional<DatasetFormat> format() {
        return Optional.ofNullable(format);
    }

    /** @throws InvalidRowException if the row cannot be used */
    DatasetRow parse(byte[] bytes) {
        String text = text(bytes);
        if (isPlainText) {
            return new Document(text.strip());
        }
        RowFields row = fields(text);
        if (format == null) {
            format = DatasetFormat.recognise(row)
                    .orElseThrow(() -> new InvalidRowException(
                            "it has neither messages, nor instruction and output, nor conversations, nor prompt and"
                                    + " completion, nor text; rename its fields to those of one format"));
        }
        DatasetRow parsed = parsed(row, format);
        if (parsed instanceof Conversation conversation) {
            requireSound(conversation);
        }
        return parsed;
    }

    private static DatasetRow parsed(RowFields row, DatasetFormat format) {
        try {
            return format.parse(row);
        } catch (InvalidRowException problem) {
            Optional<DatasetFormat> other = DatasetFormat.recognise(row).filter(found -> found != format);
            if (other.isEmpty()) {
                throw problem;
            }
            throw new InvalidRowException(
                    "the row is in the format %s, the file in the format %s; put them into files of"
                                    .formatted(other.get().title(), format.title())
                            + " their own");
        }
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException unsound) {
            throw new InvalidRowException("it is not UTF-8 (CP949 perhaps); save the file as UTF-8");
        }
    }

    private static RowFields fields(String text) {
        if (!text.startsWith("{")) {
            throw new InvalidRowException(
                    "it is not a JSON object but '%s'; write one object for each row".formatted(RowFields.shown(text)));
        }
        try {
            return new RowFields("", JsonObject.parse(ROW, text).values());
        } catch (ModelFormatException unsound) {
            if (unsound.getCause() instanceof JacksonException reason) {
                String place = reason.getLocation() == null
                        ? ""
                        : " at its character %d".formatted(reason.getLocation().getCharOffset() + 1);
                throw new InvalidRowException(
                        "it is not sound JSON%s (%s); correct it".formatted(place, reason.getOriginalMessage()));
            }
            throw new InvalidRowException(
                    "it is not one JSON object; write each row as one object, in JSON lines on a line of its own");
        }
    }

    private static void requireSound(Conversation row) {
        if (row.turns().size() > MAX_MESSAGES) {
            throw new InvalidRowException("it has %d messages, more than the %d that are read; split it"
                    .formatted(row.turns().size(), MAX_MESSAGES));
        }
        if (row.messages().stream().noneMatch(message -> message.role().equals("assistant"))) {
            throw new InvalidRowException("it has no assistant's message to learn from; add one");
        }
        if (row.turns().stream().noneMatch(Turn::learned)) {
            throw new InvalidRowException(
                    "all of the assistant's messages have the weight 0; give one the weight 1, or remove the row");
        }
        if (row.turns().getFirst().learned()) {
            throw new InvalidRowException(
                    "it begins with the assistant's answer; put the question before it, or give it the weight 0");
        }
    }
}

package dev.caravan.engine.train.dataset;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Turn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * Examples of a file, which are read and encoded anew whenever one is asked for: memory holds their places and lengths
 * only. Thread-safe.
 */
public final class DatasetExamples implements ExampleSet {
    private final Path file;
    private final RowParser parser;
    private final ExampleEncoder encoder;
    private final DatasetIndex index;
    private final int[] examples;

    /** @param examples the numbers of these examples in the index */
    DatasetExamples(Path file, RowParser parser, ExampleEncoder encoder, DatasetIndex index, int[] examples) {
        this.file = file;
        this.parser = parser;
        this.encoder = encoder;
        this.index = index;
        this.examples = examples.clone();
    }

    @Override
    public int size() {
        return examples.length;
    }

    @Override
    public int tokens(int example) {
        return index.tokens(examples[example]);
    }

    @Override
    public int learnedTokens(int example) {
        return index.learnedTokens(examples[example]);
    }

    /** The line of the file in which an example's row begins, from 1. */
    public long line(int example) {
        return index.line(examples[example]);
    }

    /**
     * What was asked before the first answer that is learned: the last text of a user before it. Empty for a row that is
     * plain text.
     *
     * @throws DatasetException if the row has changed in the file since the file was opened
     */
    public Optional<String> question(int example) {
        int number = examples[example];
        try {
            if (parser.parse(bytes(number)) instanceof Conversation conversation) {
                return conversation.turns().stream()
                        .takeWhile(turn -> !turn.learned())
                        .map(Turn::message)
                        .filter(message -> message.role().equals("user"))
                        .map(ChatMessage::text)
                        .reduce((earlier, later) -> later);
            }
            return Optional.empty();
        } catch (InvalidRowException changed) {
            throw changed(number);
        }
    }

    @Override
    public TrainingExample example(int example) {
        int number = examples[example];
        try {
            DatasetRow row = parser.parse(bytes(number));
            List<TrainingExample> parts = encoder.encode(row);
            int part = index.part(number);
            if (Dataset.fingerprint(RowDigest.of(row)) == index.fingerprint(number)
                    && part < parts.size()
                    && parts.get(part).tokens().length == index.tokens(number)) {
                return parts.get(part);
            }
        } catch (InvalidRowException changed) {
            throw changed(number);
        }
        throw changed(number);
    }

    private DatasetException changed(int number) {
        return new DatasetException(
                file,
                "the row in line %d has changed since the file was opened; start again".formatted(index.line(number)));
    }

    private byte[] bytes(int number) {
        ByteBuffer bytes = ByteBuffer.allocate(index.length(number));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, index.offset(number) + bytes.position()) < 0) {
                    throw changed(number);
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
        return bytes.array();
    }
}

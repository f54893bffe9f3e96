package dev.caravan.server.finetuning;

import dev.caravan.engine.train.dataset.Dataset;
import dev.caravan.engine.train.dataset.ExampleEncoder;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is asked before and after a training.
 *
 * @param answerTokens the longest answer that is waited for
 */
record Questions(List<Question> questions, int answerTokens) {
    /** As many of the held-out rows as a person reads. */
    private static final int HELD_OUT = 8;

    private static final int MOST_QUESTIONS = 200;
    private static final int LEAST_ANSWER = 64;
    private static final int MOST_ANSWER = 256;

    Questions {
        questions = List.copyOf(questions);
    }

    /**
     * A person's questions, or else the first held-out rows.
     *
     * @param file with a question in each line, or empty
     * @throws CommandException if the file cannot be read, or is empty
     */
    static Questions of(CommandContext context, String file, Dataset dataset, ExampleEncoder encoder) {
        List<Question> questions = file.isEmpty()
                ? Question.of(dataset.heldOut(), HELD_OUT, encoder.prompts().tokenizer())
                : lines(context.path(file)).stream()
                        .map(line -> Question.of(line, encoder.prompts(), encoder.options()))
                        .toList();
        int longest = IntStream.range(0, dataset.training().size())
                .map(dataset.training()::learnedTokens)
                .max()
                .orElse(LEAST_ANSWER);
        return new Questions(questions, Math.clamp(longest + longest / 2, LEAST_ANSWER, MOST_ANSWER));
    }

    /** @throws CommandException if the file cannot be read, is empty, or has too many lines */
    static List<String> lines(Path file) {
        List<String> lines = new ArrayList<>();
        try {
            Files.readAllLines(file, StandardCharsets.UTF_8).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .forEach(lines::add);
        } catch (CharacterCodingException notUtf8) {
            throw new CommandException("The questions in %s are not UTF-8; save them as UTF-8.".formatted(file));
        } catch (IOException failure) {
            throw new CommandException("The questions in %s cannot be read; check the path.".formatted(file));
        }
        if (lines.isEmpty() || lines.size() > MOST_QUESTIONS) {
            throw new CommandException("%s has %d questions; write 1 to %d, each in a line of its own."
                    .formatted(file, lines.size(), MOST_QUESTIONS));
        }
        return lines;
    }
}

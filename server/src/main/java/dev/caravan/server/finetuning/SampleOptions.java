package dev.caravan.server.finetuning;

import dev.caravan.engine.QuantizationConfig;
import java.util.List;
import java.util.Set;

/**
 * The words behind {@code ./caravan train sample}.
 *
 * @param adapter its folder, or empty for the base alone
 * @param questions at least one, unless there is a file of them
 * @param questionsFile with a question in each line, or empty
 * @param maxTokens the longest answer
 */
record SampleOptions(
        String model,
        String adapter,
        List<String> questions,
        String questionsFile,
        int maxTokens,
        QuantizationConfig quantization) {
    private static final int DEFAULT_TOKENS = 256;

    SampleOptions {
        questions = List.copyOf(questions);
    }

    /** @throws CommandException if the words make no sense */
    static SampleOptions parse(List<String> words) {
        CommandLine line =
                CommandLine.of(words, Set.of("--adapter", "--questions", "--max-tokens", "--load-in"), Set.of());
        if (line.words().isEmpty()) {
            throw new CommandException("Name the model, and then the questions, each in quotes.");
        }
        List<String> questions = line.words().subList(1, line.words().size());
        String file = line.text("--questions").orElse("");
        if (questions.isEmpty() == file.isEmpty()) {
            throw new CommandException("Give questions, each in quotes, or a file of them with --questions.");
        }
        return new SampleOptions(
                line.words().getFirst(),
                line.text("--adapter").orElse(""),
                questions,
                file,
                line.integer("--max-tokens", 1, 100_000).orElse(DEFAULT_TOKENS),
                line.text("--load-in").map(TrainOptions::quantization).orElse(QuantizationConfig.NONE));
    }
}

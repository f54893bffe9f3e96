package dev.caravan.server.finetuning;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.train.TrainingPreset;
import dev.caravan.engine.train.dataset.DatasetFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The words behind {@code ./caravan train MODEL DATA}; what is absent is the preset's or follows from the data and the
 * machine.
 *
 * @param output the adapter's folder, or empty for one in Caravan's home
 * @param questions a file of questions that are asked before and after, or empty for held-out rows
 * @param dateString what templates print as today, or empty for today
 * @param memoryBytes what weights and training may take together
 * @param quantization what {@code --load-in} asks for
 * @param isConfirmed whether to start without asking
 */
record TrainOptions(
        String model,
        String data,
        Optional<TrainingPreset> preset,
        String output,
        Optional<DatasetFormat> format,
        OptionalInt epochs,
        OptionalInt maxSteps,
        OptionalDouble learningRate,
        OptionalInt r,
        OptionalDouble alpha,
        OptionalDouble dropout,
        OptionalInt maxLength,
        OptionalInt batchTokens,
        OptionalInt accumulation,
        OptionalLong seed,
        OptionalDouble heldOut,
        OptionalInt patience,
        String questions,
        String dateString,
        boolean isResumed,
        OptionalLong memoryBytes,
        OptionalInt threads,
        @Nullable QuantizationConfig quantization,
        boolean isConfirmed) {

    private static final Set<String> VALUED = Set.of(
            "--preset",
            "--output",
            "--format",
            "--epochs",
            "--max-steps",
            "--learning-rate",
            "--r",
            "--alpha",
            "--dropout",
            "--max-length",
            "--batch-tokens",
            "--accumulation",
            "--seed",
            "--held-out",
            "--patience",
            "--questions",
            "--date-string",
            "--memory",
            "--threads",
            "--load-in");

    private static final int MOST_TOKENS = 1 << 20;
    private static final int MOST_EPOCHS = 10_000;
    private static final double MIB = 1 << 20;

    /** @throws CommandException if the words make no sense */
    static TrainOptions parse(List<String> words) {
        CommandLine line = CommandLine.of(words, VALUED, Set.of("--resume", "--yes"));
        line.requireWords(2, "Name the model and the file of training data.");
        return new TrainOptions(
                line.words().get(0),
                line.words().get(1),
                line.text("--preset").map(TrainOptions::preset),
                line.text("--output").orElse(""),
                line.text("--format").map(TrainOptions::format),
                line.integer("--epochs", 1, MOST_EPOCHS),
                line.integer("--max-steps", 1, Integer.MAX_VALUE),
                line.number("--learning-rate", Double.MIN_NORMAL, 1),
                line.integer("--r", 1, 4096),
                line.number("--alpha", Double.MIN_NORMAL, 65_536),
                line.number("--dropout", 0, 0.99),
                line.integer("--max-length", PreviewOptions.LEAST_LENGTH, MOST_TOKENS),
                line.integer("--batch-tokens", PreviewOptions.LEAST_LENGTH, MOST_TOKENS),
                line.integer("--accumulation", 1, 100_000),
                line.whole("--seed", Long.MIN_VALUE, Long.MAX_VALUE),
                line.number("--held-out", 0, 0.9),
                line.integer("--patience", 1, 1000),
                line.text("--questions").orElse(""),
                line.text("--date-string").orElse(""),
                line.has("--resume"),
                memory(line.number("--memory", 0.0625, 65_536)),
                line.integer("--threads", 1, 1024),
                line.text("--load-in").map(TrainOptions::quantization).orElse(null),
                line.has("--yes"));
    }

    private static OptionalLong memory(OptionalDouble gibibytes) {
        return gibibytes.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of((long) (gibibytes.getAsDouble() * 1024 * MIB));
    }

    private static TrainingPreset preset(String value) {
        return TrainingPreset.named(value)
                .orElseThrow(() -> new CommandException(
                        "There is no preset '%s'; presets are %s.".formatted(value, TrainingPreset.names())));
    }

    static DatasetFormat format(String value) {
        return DatasetFormat.named(value)
                .orElseThrow(() -> new CommandException(
                        "There is no format '%s'; formats are %s.".formatted(value, DatasetFormat.titles())));
    }

    static QuantizationConfig quantization(String value) {
        return switch (value) {
            case "4bit" -> QuantizationConfig.NF4;
            case "8bit" -> QuantizationConfig.INT8;
            default -> throw new CommandException("--load-in takes 4bit or 8bit, not '%s'.".formatted(value));
        };
    }
}

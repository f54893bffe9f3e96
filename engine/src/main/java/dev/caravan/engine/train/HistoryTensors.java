package dev.caravan.engine.train;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.safetensors.RawTensor;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** A training's history as two matrices of doubles, one row for each step and for each held-out loss. */
final class HistoryTensors {
    static final String STEPS = "history.steps";
    static final String EVALUATIONS = "history.evaluations";
    static final int STEP_COLUMNS = 6;
    static final int EVALUATION_COLUMNS = 4;

    private HistoryTensors() {}

    /** {@code [steps, 6]}: epoch, loss, gradient norm, learning rate, tokens, learned tokens. */
    static double[] steps(TrainingHistory history) {
        return history.steps().stream()
                .flatMapToDouble(step -> DoubleStream.of(
                        step.epoch(),
                        step.loss(),
                        step.gradientNorm(),
                        step.learningRate(),
                        step.tokens(),
                        step.learnedTokens()))
                .toArray();
    }

    /** {@code [evaluations, 4]}: step, epoch, loss, whether it was the best (1 or 0). */
    static double[] evaluations(TrainingHistory history) {
        return history.evaluations().stream()
                .flatMapToDouble(evaluation -> DoubleStream.of(
                        evaluation.step(), evaluation.epoch(), evaluation.loss(), evaluation.isBest() ? 1 : 0))
                .toArray();
    }

    /** @param steps of the whole training */
    static TrainingHistory read(SafetensorsFile file, int steps) {
        TrainingHistory history = new TrainingHistory();
        List<double[]> rows = rows(file, STEPS, STEP_COLUMNS);
        for (double[] row : rows) {
            history.add(new TrainingStep(
                    history.step() + 1, steps, row[0], row[1], row[2], row[3], (int) row[4], (int) row[5], 0, 0));
        }
        for (double[] row : rows(file, EVALUATIONS, EVALUATION_COLUMNS)) {
            history.add(new TrainingEvaluation((int) row[0], row[1], row[2], row[3] == 1));
        }
        return history;
    }

    private static List<double[]> rows(SafetensorsFile file, String name, int columns) {
        RawTensor tensor = file.raw(name);
        double[] values = tensor.data().toArray(TrainingCheckpoint.F64);
        if (tensor.shape().length != 2 || tensor.shape()[1] != columns) {
            throw new ModelFormatException(file.path(), "its %s should have %d columns".formatted(name, columns));
        }
        return IntStream.range(0, values.length / columns)
                .mapToObj(row -> Arrays.copyOfRange(values, row * columns, (row + 1) * columns))
                .toList();
    }
}

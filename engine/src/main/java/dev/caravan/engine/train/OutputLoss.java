package dev.caravan.engine.train;

import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RowTasks;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * The cross entropy of the learned tokens: final norm, output projection and log softmax on the rows before them only, in
 * chunks, so that no array of all tokens times the vocabulary exists. For one thread at a time.
 *
 * <p>Letters: T tokens, C rows of a chunk, H hidden size, V vocabulary.
 */
final class OutputLoss {

    /**
     * The most values of a chunk's logits: 134 MB. The output matrix is read once for each chunk and direction: with a
     * vocabulary of 128256 (2048 wide, bf16) 64, 128 and 256 rows take 7.5, 6.3 and 5.6 ms a row, with 262144 (640 wide)
     * 32, 64 and 128 rows 7.5, 5.8 and 4.9.
     */
    private static final int MOST_LOGITS = 1 << 25;

    private static final int LEAST_ROWS = 16;
    private static final int MOST_ROWS = 256;

    private final RmsNorm norm;
    private final Linear lmHead;
    private final int hidden;
    private final int vocabulary;
    private final int chunkRows;
    /** [C, H]. */
    private final float[] normed;
    /** The gradient of {@code normed}, [C, H]. */
    private final float[] normedGradient;
    /** The logits, then their gradient, [C, V]. */
    private final float[] logits;
    /** The loss of each row of a chunk, [C]. */
    private final double[] losses;

    OutputLoss(Decoder decoder, TrainingSizes sizes) {
        norm = decoder.norm();
        lmHead = decoder.lmHead();
        hidden = sizes.hidden();
        vocabulary = sizes.vocabulary();
        chunkRows = chunkRows(sizes);
        normed = new float[chunkRows * hidden];
        normedGradient = new float[chunkRows * hidden];
        logits = new float[chunkRows * vocabulary];
        losses = new double[chunkRows];
    }

    /** C: whole groups of 16 rows, which fill the kernels' tiles. */
    static int chunkRows(TrainingSizes sizes) {
        int rows = MOST_LOGITS / sizes.vocabulary() / LEAST_ROWS * LEAST_ROWS;
        return Math.min(sizes.maxTokens(), Math.clamp(rows, LEAST_ROWS, MOST_ROWS));
    }

    /** The bytes of all buffers. */
    static long bytes(TrainingSizes sizes) {
        long rows = chunkRows(sizes);
        return rows * (Float.BYTES * (2L * sizes.hidden() + sizes.vocabulary()) + Double.BYTES);
    }

    /** The sum of the losses of all learned tokens. */
    double loss(TrainingBuffers buffers, float[] states, PackedBatch batch, BooleanSupplier cancelled) {
        int[] targets = batch.learned().stream().toArray();
        double sum = 0;
        for (int first = 0; first < targets.length; first += chunkRows) {
            requireNotCancelled(cancelled);
            int[] chunk = Arrays.copyOfRange(targets, first, Math.min(targets.length, first + chunkRows));
            sum += forward(buffers, states, batch.tokens(), chunk);
        }
        return sum;
    }

    /**
     * The sum of the losses of all learned tokens; writes the gradient of {@code scale} times this sum by the states to
     * the buffers.
     *
     * @param states the last layer's output, {@code [T, H]}
     */
    double lossAndGradient(
            TrainingBuffers buffers, float[] states, PackedBatch batch, float scale, BooleanSupplier cancelled) {
        int[] targets = batch.learned().stream().toArray();
        Arrays.fill(buffers.hiddenGradient, 0, buffers.tokens() * hidden, 0);
        double sum = 0;
        for (int first = 0; first < targets.length; first += chunkRows) {
            requireNotCancelled(cancelled);
            int[] chunk = Arrays.copyOfRange(targets, first, Math.min(targets.length, first + chunkRows));
            sum += forward(buffers, states, batch.tokens(), chunk);
            backward(buffers, states, batch.tokens(), chunk, scale);
        }
        return sum;
    }

    private static void requireNotCancelled(BooleanSupplier cancelled) {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("the training pass was cancelled");
        }
    }

    /** Leaves each row's probabilities in the place of its logits. */
    private double forward(TrainingBuffers buffers, float[] states, int[] tokens, int[] targets) {
        RowTasks.run(buffers.kernels, targets.length, (first, end) -> {
            for (int row = first; row < end; row++) {
                int from = (targets[row] - 1) * hidden;
                buffers.kernels.rmsNorm(states, from, norm.weight(), norm.epsilon(), normed, row * hidden, hidden);
            }
        });
        lmHead.forward(buffers.kernels, normed, logits, targets.length);
        buffers.kernels.parallel(targets.length, row -> losses[row] = rowLoss(buffers, row, tokens[targets[row]]));
        double sum = 0;
        for (int row = 0; row < targets.length; row++) {
            sum += losses[row];
        }
        return sum;
    }

    /** {@code log(sum(exp(logits))) - logits[target]}, where the highest logit's probability tells the sum. */
    private double rowLoss(TrainingBuffers buffers, int row, int target) {
        int offset = row * vocabulary;
        int highest = offset;
        for (int i = offset + 1; i < offset + vocabulary; i++) {
            highest = logits[i] > logits[highest] ? i : highest;
        }
        double difference = (double) logits[highest] - logits[offset + target];
        buffers.kernels.softmax(logits, offset, vocabulary);
        return difference - Math.log(logits[highest]);
    }

    /** From the probabilities to the gradient of the rows' states. */
    private void backward(TrainingBuffers buffers, float[] states, int[] tokens, int[] targets, float scale) {
        buffers.kernels.parallel(targets.length, row -> {
            int offset = row * vocabulary;
            for (int i = offset; i < offset + vocabulary; i++) {
                logits[i] *= scale;
            }
            logits[offset + tokens[targets[row]]] -= scale;
        });
        lmHead.backward(buffers.kernels, logits, normedGradient, targets.length);
        RowTasks.run(buffers.kernels, targets.length, (first, end) -> {
            for (int row = first; row < end; row++) {
                int to = (targets[row] - 1) * hidden;
                buffers.kernels.rmsNormBackward(
                        states,
                        to,
                        norm.weight(),
                        norm.epsilon(),
                        normedGradient,
                        row * hidden,
                        buffers.hiddenGradient,
                        to,
                        hidden);
            }
        });
    }
}

package dev.caravan.engine.train;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RotaryEmbedding;
import dev.caravan.engine.layer.RowTasks;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.Arrays;
import java.util.List;

/**
 * What all layers of a training pass work on, allocated once, and the arithmetic between the layers' parts, spread over
 * the workers. Confined to one thread at a time.
 *
 * <p>Letters as in {@link BlockActivations}; R the largest rank.
 */
final class TrainingBuffers {

    final Kernels kernels;

    /** A norm's output, [T, H]. */
    final float[] normed;
    /** The gradient of a norm's output, or of what is normed before it is added to the residual stream, [T, H]. */
    final float[] normedGradient;
    /** The gradient of the residual stream, [T, H]. */
    final float[] hiddenGradient;
    /** The MLP's product and its gradient; else for what is needed for a moment. [T, max(F, Q, H)]. */
    final float[] wide;
    /** Queries normed and rotated, [T, Q]; only where heads are normed. */
    final float[] query;
    /** Keys normed and rotated, [T, K]; only where heads are normed. */
    final float[] key;
    /** [T, Q]. */
    final float[] queryGradient;
    /** [T, K]. */
    final float[] keyGradient;
    /** [T, K]. */
    final float[] valueGradient;
    /** [T, Q]. */
    final float[] attendedGradient;
    /** An adapter's inputs after dropout, and their gradient, [T, inputs]; only with dropout. */
    final float[] dropped;
    /** The gradient of {@code x Aᵀ}, [T, R]. */
    final float[] lowRankGradient;

    private final List<RotaryEmbedding.Table> tables;
    private int[] starts = {0};
    private int tokens;
    private Dropout dropout = Dropout.NONE;

    TrainingBuffers(Kernels kernels, TrainingSizes sizes, List<RotaryEmbedding> rotaryEmbeddings) {
        this.kernels = kernels;
        normed = new float[sizes.floats(true, sizes.hidden())];
        normedGradient = new float[sizes.floats(true, sizes.hidden())];
        hiddenGradient = new float[sizes.floats(true, sizes.hidden())];
        wide = new float[sizes.floats(true, wideSize(sizes))];
        query = new float[sizes.floats(sizes.hasHeadNorms(), sizes.query())];
        key = new float[sizes.floats(sizes.hasHeadNorms(), sizes.keyValue())];
        queryGradient = new float[sizes.floats(true, sizes.query())];
        keyGradient = new float[sizes.floats(true, sizes.keyValue())];
        valueGradient = new float[sizes.floats(true, sizes.keyValue())];
        attendedGradient = new float[sizes.floats(true, sizes.query())];
        dropped = new float[sizes.floats(sizes.hasDropout(), sizes.widestAdaptedInputs())];
        lowRankGradient = new float[sizes.floats(true, sizes.largestRank())];
        tables = rotaryEmbeddings.stream()
                .map(embedding -> embedding.newTable(sizes.maxTokens()))
                .toList();
    }

    private static int wideSize(TrainingSizes sizes) {
        return Math.max(sizes.feedForward(), Math.max(sizes.query(), sizes.hidden()));
    }

    /** The bytes of all buffers, {@code rotaryEmbeddings} of one head size each. */
    static long bytes(TrainingSizes sizes, List<RotaryEmbedding> rotaryEmbeddings) {
        long perToken = 3L * sizes.hidden() + wideSize(sizes) + sizes.largestRank();
        perToken += 2L * sizes.query() + 2L * sizes.keyValue();
        perToken += sizes.hasHeadNorms() ? sizes.query() + sizes.keyValue() : 0;
        perToken += sizes.hasDropout() ? sizes.widestAdaptedInputs() : 0;
        perToken +=
                rotaryEmbeddings.stream().mapToLong(RotaryEmbedding::headSize).sum();
        return Float.BYTES * perToken * sizes.maxTokens();
    }

    /** Begins a batch. */
    void begin(PackedBatch batch, Dropout masks) {
        starts = batch.starts();
        tokens = batch.tokens().length;
        dropout = masks;
        for (RotaryEmbedding.Table table : tables) {
            for (int sequence = 0; sequence < batch.sequences(); sequence++) {
                int start = batch.starts()[sequence];
                table.prepare(start, batch.positions()[start], batch.end(sequence) - start);
            }
        }
    }

    int tokens() {
        return tokens;
    }

    int[] starts() {
        return starts;
    }

    Dropout dropout() {
        return dropout;
    }

    RotaryEmbedding.Table table(int rotary) {
        return tables.get(rotary);
    }

    /** {@code y = norm(x)} of all tokens' rows. */
    void norm(RmsNorm norm, float[] x, float[] y) {
        RowTasks.run(kernels, tokens, (first, end) -> norm.forward(kernels, x, y, first, end));
    }

    /** Adds the gradient with respect to x to {@code dx}. */
    void addNormGradient(RmsNorm norm, float[] x, float[] dy, float[] dx) {
        RowTasks.run(kernels, tokens, (first, end) -> norm.backward(kernels, x, dy, dx, first, end));
    }

    /** The gradient with respect to x overwrites {@code dx}. */
    void normGradient(RmsNorm norm, float[] x, float[] dy, float[] dx) {
        int size = norm.weight().length;
        RowTasks.run(kernels, tokens, (first, end) -> {
            Arrays.fill(dx, first * size, end * size, 0);
            norm.backward(kernels, x, dy, dx, first, end);
        });
    }

    /** {@code y += x} over rows of {@code size} values. */
    void add(float[] x, float[] y, int size) {
        RowTasks.run(kernels, tokens, (first, end) -> {
            for (int i = first * size; i < end * size; i++) {
                y[i] += x[i];
            }
        });
    }

    /** {@code y = a + b} over rows of {@code size} values. */
    void sum(float[] a, float[] b, float[] y, int size) {
        RowTasks.run(kernels, tokens, (first, end) -> {
            for (int i = first * size; i < end * size; i++) {
                y[i] = a[i] + b[i];
            }
        });
    }

    /** {@code y = x} over rows of {@code size} values. */
    void copy(float[] x, float[] y, int size) {
        RowTasks.run(
                kernels,
                tokens,
                (first, end) -> System.arraycopy(x, first * size, y, first * size, (end - first) * size));
    }
}

package dev.caravan.engine.train;

import dev.caravan.engine.layer.Projection;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a layer's forward pass leaves for its backward pass. Norms, rotations of normed heads and the product of the MLP
 * are not among it: they cost little and are computed again. One instance serves one layer after the other where layers
 * run their forward pass again.
 *
 * <p>Letters: T tokens, H hidden size, Q heads times head size, K key-value heads times head size, F the MLP's inner size.
 */
final class BlockActivations {

    private static final float[] NONE = {};

    /** Rotated, [T, Q]; before norm and rotation where heads are normed. */
    final float[] query;
    /** As {@code query}, [T, K]. */
    final float[] key;
    /** [T, K]. */
    final float[] value;
    /** The heads' outputs, [T, Q]. */
    final float[] attended;
    /** [T, heads]. */
    final float[] logSumExp;
    /** What the output projection gives, [T, H]; only where it is normed afterwards. */
    final float[] attentionOutput;
    /** The residual stream between attention and MLP, [T, H]. */
    final float[] middle;
    /** Before the activation, [T, F]; the backward pass writes the gradient over it. */
    final float[] gate;
    /** [T, F]; the backward pass writes the gradient over it. */
    final float[] up;
    /** What the MLP gives, [T, H]; only where it is normed afterwards. */
    final float[] mlpOutput;

    /** Of every adapter {@code dropout(x) Aᵀ}, [T, r]. */
    private final Map<Projection, float[]> lowRank = new EnumMap<>(Projection.class);

    BlockActivations(TrainingSizes sizes) {
        query = new float[sizes.floats(true, sizes.query())];
        key = new float[sizes.floats(true, sizes.keyValue())];
        value = new float[sizes.floats(true, sizes.keyValue())];
        attended = new float[sizes.floats(true, sizes.query())];
        logSumExp = new float[sizes.floats(true, sizes.heads())];
        attentionOutput = new float[sizes.floats(sizes.hasAttentionOutputNorm(), sizes.hidden())];
        middle = new float[sizes.floats(true, sizes.hidden())];
        gate = new float[sizes.floats(true, sizes.feedForward())];
        up = new float[sizes.floats(true, sizes.feedForward())];
        mlpOutput = new float[sizes.floats(sizes.hasMlpOutputNorm(), sizes.hidden())];
        sizes.ranks().forEach((projection, rank) -> lowRank.put(projection, new float[sizes.floats(true, rank)]));
    }

    /** The bytes of one instance. */
    static long bytes(TrainingSizes sizes) {
        long perToken = 2L * sizes.query() + 2L * sizes.keyValue() + sizes.heads() + 2L * sizes.feedForward();
        perToken += (long) sizes.hidden()
                * (1 + (sizes.hasAttentionOutputNorm() ? 1 : 0) + (sizes.hasMlpOutputNorm() ? 1 : 0));
        perToken +=
                sizes.ranks().values().stream().mapToLong(Integer::longValue).sum();
        return Float.BYTES * perToken * sizes.maxTokens();
    }

    /** Of a projection's adapter; empty if no layer has one there. */
    float[] lowRank(Projection projection) {
        return lowRank.getOrDefault(projection, NONE);
    }
}

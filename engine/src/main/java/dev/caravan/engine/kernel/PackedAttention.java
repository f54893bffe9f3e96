package dev.caravan.engine.kernel;

/**
 * Causal attention over sequences that stand one after another in the same arrays; no token sees another sequence. For
 * {@link Kernels#packedAttention} and its gradient.
 *
 * <p>Letters: T tokens of all sequences, H query heads, D values of a head.
 *
 * @param shape causal; a window counts within a sequence
 * @param starts the row of each sequence's first token, rising from 0; a sequence ends where the next begins or at
 *     {@code tokens}
 * @param tokens T
 * @param q {@code [T, heads * D]}, rotated but not scaled
 * @param k {@code [T, keyValueHeads * D]}
 * @param v {@code [T, keyValueHeads * D]}
 * @param y {@code [T, heads * D]}: what the attention gives
 * @param logSumExp {@code [T, heads]}: the logarithm of the sum of exponentials of a row's scaled scores; all that the
 *     gradient needs of the probabilities
 */
@SuppressWarnings("ArrayRecordComponent") // a view, made and dropped around one call
public record PackedAttention(
        AttentionShape shape, int[] starts, int tokens, float[] q, float[] k, float[] v, float[] y, float[] logSumExp) {

    public PackedAttention {
        if (!shape.causal()) {
            throw new IllegalArgumentException("packed attention is causal, not " + shape);
        }
        checkStarts(starts, tokens);
        Shapes.checkAttention(shape, q, k, v, y, tokens, 0);
        Shapes.checkRun("logSumExp", logSumExp, 0, tokens * shape.heads());
    }

    private static void checkStarts(int[] starts, int tokens) {
        for (int s = 0; s < starts.length; s++) {
            int end = s + 1 < starts.length ? starts[s + 1] : tokens;
            if ((s == 0 && starts[0] != 0) || starts[s] >= end) {
                throw new IllegalArgumentException("sequence %d of %d runs from row %d to %d; %d tokens are packed"
                        .formatted(s, starts.length, starts[s], end, tokens));
            }
        }
        if (starts.length == 0 && tokens != 0) {
            throw new IllegalArgumentException("%d tokens, but no sequence starts".formatted(tokens));
        }
    }

    int sequences() {
        return starts.length;
    }

    /** The first row of a sequence. */
    int start(int sequence) {
        return starts[sequence];
    }

    int length(int sequence) {
        return (sequence + 1 < starts.length ? starts[sequence + 1] : tokens) - starts[sequence];
    }

    /** The number of query heads that read one key-value head. */
    int group() {
        return shape.heads() / shape.keyValueHeads();
    }
}

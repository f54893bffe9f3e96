package dev.caravan.engine.layer;

/**
 * What an adapter adds to one linear layer (LoRA: Hu et al. 2021): {@code y += scaling · B (A x)}. Immutable.
 *
 * @param inputs columns of the layer's weight
 * @param outputs rows of the layer's weight
 * @param rank rows of A, columns of B
 * @param down A, {@code [rank, inputs]}
 * @param up B transposed, {@code [rank, outputs]}: a token's addition is then a sum of whole rows
 */
@SuppressWarnings("ArrayRecordComponent") // weights: handed over once, never written
public record LowRankLinear(int inputs, int outputs, int rank, float scaling, float[] down, float[] up) {

    public LowRankLinear {
        if (inputs < 1 || outputs < 1 || rank < 1) {
            throw new IllegalArgumentException(
                    "a low-rank layer of %d inputs, %d outputs and rank %d".formatted(inputs, outputs, rank));
        }
        if (down.length != (long) rank * inputs || up.length != (long) rank * outputs) {
            throw new IllegalArgumentException("rank %d with %d inputs and %d outputs, got %d and %d values"
                    .formatted(rank, inputs, outputs, down.length, up.length));
        }
    }

    /** The bytes of both matrices. */
    public long bytes() {
        return Float.BYTES * ((long) down.length + up.length);
    }
}

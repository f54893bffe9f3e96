package dev.caravan.engine.lora;

/**
 * The adapter of one linear layer: {@code y += scaling · B (A x)}. The arrays are the parameters themselves: training
 * writes them in place. Rows of B are in the order of the base's rows.
 *
 * @param name the layer's as in the checkpoint, without {@code .weight}: {@code model.layers.0.self_attn.q_proj}
 * @param inputs columns of the layer's weight
 * @param outputs rows of the layer's weight
 * @param r the rank
 * @param a {@code [r, inputs]}
 * @param b {@code [outputs, r]}
 */
@SuppressWarnings("ArrayRecordComponent") // parameters: shared on purpose between trainer, file and serving
public record LoraModule(String name, int inputs, int outputs, int r, float scaling, float[] a, float[] b) {

    public LoraModule {
        if (name.isEmpty() || inputs < 1 || outputs < 1 || r < 1) {
            throw new IllegalArgumentException("the adapter '%s' has no values: %d inputs, %d outputs, rank %d"
                    .formatted(name, inputs, outputs, r));
        }
        if (!Float.isFinite(scaling)) {
            throw new IllegalArgumentException("the scaling of %s must be finite, got %s".formatted(name, scaling));
        }
        if (a.length != (long) r * inputs || b.length != (long) outputs * r) {
            throw new IllegalArgumentException("%s needs %d x %d and %d x %d values, got %d and %d"
                    .formatted(name, r, inputs, outputs, r, a.length, b.length));
        }
    }

    /** The number of parameters. */
    public long parameters() {
        return (long) a.length + b.length;
    }
}

package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Linear;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What makes one unit vector of a text's states: pooling, dense layers, and the first dimensions only where the model was
 * trained for that (Matryoshka: Kusupati et al. 2022). Immutable.
 *
 * @param dense applied to the pooled state, one after another; without activation but for tanh
 * @param dimensions the length of the vectors
 */
public record SentenceHead(Pooling pooling, List<Dense> dense, int dimensions) {

    /** One of sentence-transformers' dense modules. */
    public record Dense(Linear linear, boolean hasTanh) {}

    public SentenceHead {
        dense = List.copyOf(dense);
    }

    /**
     * One text's vector.
     *
     * @param states {@code [tokens, hidden]} from the row {@code start} on
     * @return {@code [dimensions]} of length 1, or null where the states have no length or are not finite
     */
    public float @Nullable [] vector(Kernels kernels, float[] states, int start, int tokens, int hidden) {
        float[] vector = pooling.pool(states, start, tokens, hidden);
        for (Dense layer : dense) {
            float[] next = new float[layer.linear.weight().rows()];
            layer.linear.forward(kernels, vector, next, 1);
            for (int i = 0; layer.hasTanh && i < next.length; i++) {
                next[i] = (float) Math.tanh(next[i]);
            }
            vector = next;
        }
        return unit(Arrays.copyOf(vector, dimensions));
    }

    private static float @Nullable [] unit(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        double length = Math.sqrt(squares);
        if (!(length > 0 && length < Float.MAX_VALUE)) {
            return null;
        }
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (vector[i] / length);
        }
        return vector;
    }
}

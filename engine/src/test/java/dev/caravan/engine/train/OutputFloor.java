package dev.caravan.engine.train;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.Arrays;

/**
 * The least loss that a model can have whatever its layers do: the final norm fixes the length of a state and the output
 * matrix of a tiny random model is small, so that no token can be made certain. Found by descent on the state itself.
 */
final class OutputFloor {
    private static final int STEPS = 600;

    private OutputFloor() {}

    /** The mean over the batch's learned tokens. */
    static double of(Decoder decoder, Kernels kernels, PackedBatch batch) {
        return batch.learned().stream()
                .mapToDouble(target -> floor(decoder, kernels, batch.tokens()[target]))
                .average()
                .orElseThrow();
    }

    private static double floor(Decoder decoder, Kernels kernels, int target) {
        int hidden = decoder.config().hiddenSize();
        float[] state = new float[hidden];
        float[] normed = new float[hidden];
        float[] logits = new float[decoder.config().vocabSize()];
        float[] gradient = new float[hidden];
        decoder.embed(kernels, target, state, 0);
        double least = Double.POSITIVE_INFINITY;
        for (int step = 0; step < STEPS; step++) {
            decoder.norm().forward(kernels, state, normed, 0, 1);
            decoder.lmHead().forward(kernels, normed, logits, 1);
            kernels.softmax(logits, 0, logits.length);
            least = Math.min(least, -Math.log(logits[target]));
            logits[target] -= 1;
            decoder.lmHead().backward(kernels, logits, normed, 1);
            Arrays.fill(gradient, 0);
            decoder.norm().backward(kernels, state, normed, gradient, 0, 1);
            descend(state, gradient, 0.3 * (STEPS - step) / STEPS);
        }
        return least;
    }

    /** A step that is as long as a share of the state. */
    private static void descend(float[] state, float[] gradient, double share) {
        double scale = share * Differences.norm(state) / (Differences.norm(gradient) + 1e-30);
        for (int i = 0; i < state.length; i++) {
            state[i] -= (float) (scale * gradient[i]);
        }
    }
}

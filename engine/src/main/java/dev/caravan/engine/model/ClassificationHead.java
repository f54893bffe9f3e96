package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Linear;
import java.util.Arrays;

/**
 * What makes one score of a pair's first state: a dense layer with tanh, then one output. Immutable.
 *
 * <p>{@code XLMRobertaForSequenceClassification} has both in {@code classifier}, {@code BertForSequenceClassification}
 * has the dense layer in its {@code pooler}.
 */
public final class ClassificationHead {

    private final Linear dense;
    private final Linear output;

    ClassificationHead(Weights weights, int hidden) {
        if (weights.has("classifier.out_proj.weight")) {
            if (!weights.has("classifier.dense.weight")) {
                throw weights.refused(
                        ("the tensor %s is missing (llama.cpp's converter leaves a BERT classifier's pooler out), scores "
                                        + "would be wrong; take the model's safetensors")
                                .formatted(weights.checkpoint().nameInFile("classifier.dense.weight")));
            }
            dense = weights.biasedLinear("classifier.dense", hidden, hidden);
            output = weights.biasedLinear("classifier.out_proj", 1, hidden);
        } else {
            dense = weights.biasedLinear("pooler.dense", hidden, hidden);
            output = weights.biasedLinear("classifier", 1, hidden);
        }
    }

    /** Whether the checkpoint has a classifier at all. */
    static boolean isHeldBy(Weights weights) {
        return weights.has("classifier.out_proj.weight") || weights.has("classifier.weight");
    }

    /**
     * The logit of one pair.
     *
     * @param states {@code [tokens, hidden]}
     * @param first the row of the pair's first token
     */
    public float score(Kernels kernels, float[] states, int first) {
        int hidden = dense.weight().rows();
        float[] pooled = new float[hidden];
        dense.forward(kernels, Arrays.copyOfRange(states, first * hidden, (first + 1) * hidden), pooled, 1);
        for (int i = 0; i < hidden; i++) {
            pooled[i] = (float) Math.tanh(pooled[i]);
        }
        float[] score = new float[1];
        output.forward(kernels, pooled, score, 1);
        return score[0];
    }
}

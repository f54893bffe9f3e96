package dev.caravan.engine.model;

import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.layer.Llama3RopeScaling;
import dev.caravan.engine.layer.RotaryEmbedding;
import java.util.Arrays;
import java.util.Map;

/**
 * The rotary positions that a configuration asks for. Two dialects: up to transformers 4 {@code rope_theta} and {@code
 * rope_scaling}, from 5 on {@code rope_parameters}, which a model with several kinds of layers has once for each kind.
 * A GGUF file of a Llama 3 holds the finished divisors in {@code rope_freqs}. Source: transformers'
 * modeling_rope_utils.py.
 */
final class RopeParameters {

    private static final String GGUF_DIVISORS = "rope_freqs.weight";

    private final Weights weights;
    private final JsonObject parameters;
    private final double theta;

    private RopeParameters(Weights weights, JsonObject parameters, double theta) {
        this.weights = weights;
        this.parameters = parameters;
        this.theta = theta;
    }

    /**
     * The parameters of a model whose layers all have the same.
     *
     * @param defaultTheta what an absent {@code rope_theta} means in this family
     */
    static RopeParameters of(Weights weights, double defaultTheta) {
        JsonObject config = weights.config();
        JsonObject parameters = config.object("rope_parameters").orElseGet(() -> scaling(config));
        return new RopeParameters(
                weights, parameters, parameters.number("rope_theta", config.number("rope_theta", defaultTheta)));
    }

    /**
     * The parameters of one kind of layers.
     *
     * @param layerType {@code full_attention} or {@code sliding_attention}
     * @param thetaKey where the older dialect holds this kind's base
     * @param isScaled whether the older dialect's {@code rope_scaling} is meant for this kind
     */
    static RopeParameters of(
            Weights weights, String layerType, String thetaKey, double defaultTheta, boolean isScaled) {
        JsonObject config = weights.config();
        JsonObject parameters = config.object("rope_parameters")
                .flatMap(all -> all.object(layerType))
                .orElseGet(() -> isScaled ? scaling(config) : none(config));
        return new RopeParameters(
                weights, parameters, parameters.number("rope_theta", config.number(thetaKey, defaultTheta)));
    }

    private static JsonObject scaling(JsonObject config) {
        return config.object("rope_scaling").orElseGet(() -> none(config));
    }

    private static JsonObject none(JsonObject config) {
        return JsonObject.of(config.file(), Map.of());
    }

    RotaryEmbedding embedding(int headDim) {
        if (!(theta > 0 && theta < Double.POSITIVE_INFINITY)) {
            throw weights.refused("the key %s holds %s, which is out of range; take a complete build of the model"
                    .formatted(weights.checkpoint().nameInFile("rope_theta"), theta));
        }
        if (parameters.number("partial_rotary_factor", 1) != 1) {
            throw weights.refused("heads that are rotated in part (partial_rotary_factor) are not supported");
        }
        RotaryEmbedding.Pairs pairs = weights.checkpoint().hasAdjacentRotaryPairs()
                ? RotaryEmbedding.Pairs.ADJACENT
                : RotaryEmbedding.Pairs.HALVES;
        return RotaryEmbedding.of(pairs, headDim, theta, divisors(headDim));
    }

    private float[] divisors(int headDim) {
        int pairs = headDim / 2;
        if (weights.has(GGUF_DIVISORS)) {
            return weights.vector(GGUF_DIVISORS, pairs);
        }
        String type = parameters.string("rope_type", parameters.string("type", "default"));
        return switch (type) {
            case "default" -> filled(pairs, 1);
            case "linear" -> filled(pairs, (float) positive("factor"));
            case "llama3" -> llama3(headDim);
            default ->
                throw weights.refused("the rope type %s (%s) is not supported; supported are default, linear and llama3"
                        .formatted(type, weights.checkpoint().nameInFile("rope_scaling.rope_type")));
        };
    }

    private static float[] filled(int pairs, float divisor) {
        float[] divisors = new float[pairs];
        Arrays.fill(divisors, divisor);
        return divisors;
    }

    private float[] llama3(int headDim) {
        Llama3RopeScaling scaling = new Llama3RopeScaling(
                positive("factor"),
                positive("low_freq_factor"),
                positive("high_freq_factor"),
                positive("original_max_position_embeddings"));
        return scaling.divisors(theta, headDim);
    }

    private double positive(String key) {
        double value = parameters.number(key);
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw weights.refused(
                    "the rope parameter %s holds %s, which is out of range; take a complete build of the model"
                            .formatted(key, value));
        }
        return value;
    }
}

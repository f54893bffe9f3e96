package dev.caravan.engine.model;

import java.util.List;
import java.util.function.IntPredicate;

/**
 * Which layers see a sliding window of tokens only: {@code layer_types} of the configuration, which transformers writes
 * since 4.54, or a rule of the family for older files.
 */
final class LayerTypes {

    static final String FULL_ATTENTION = "full_attention";
    static final String SLIDING_ATTENTION = "sliding_attention";

    /** The window of a layer that sees all tokens. */
    static final int NO_WINDOW = 0;

    private final Weights weights;
    private final List<?> types;
    private final IntPredicate familyRule;

    /** @param familyRule whether a layer has a window where the configuration does not name the layers one by one */
    LayerTypes(Weights weights, IntPredicate familyRule) {
        this.weights = weights;
        this.types = weights.config().list("layer_types").orElse(List.of());
        this.familyRule = familyRule;
    }

    /** Whether the layer has a window. */
    boolean isSliding(int layer) {
        if (types.isEmpty()) {
            return familyRule.test(layer);
        }
        if (types.size() <= layer || !(types.get(layer) instanceof String type)) {
            throw weights.refused("layer_types does not name the type of layer " + layer);
        }
        return switch (type) {
            case FULL_ATTENTION -> false;
            case SLIDING_ATTENTION -> true;
            default ->
                throw weights.refused("the layer type %s (layer_types) is not supported; supported are %s and %s"
                        .formatted(type, FULL_ATTENTION, SLIDING_ATTENTION));
        };
    }

    /**
     * The configuration's {@code sliding_window}.
     *
     * @param otherwise what an absent key means; a null is no window
     */
    static int window(Weights weights, int otherwise) {
        if (!weights.config().keys().contains("sliding_window")) {
            return otherwise;
        }
        int window = weights.config().integer("sliding_window", NO_WINDOW);
        if (window < 0) {
            throw weights.refused("the key %s holds %d, which is out of range; take a complete build of the model"
                    .formatted(weights.checkpoint().nameInFile("sliding_window"), window));
        }
        return window;
    }
}

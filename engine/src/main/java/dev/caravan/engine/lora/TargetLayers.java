package dev.caravan.engine.lora;

import java.util.List;

/** The layers of a base that a configuration means. */
final class TargetLayers {

    /** Layers that PEFT can put adapters on and the engine cannot: they have no gradient path of their own here. */
    private static final List<String> UNSUPPORTED = List.of("lm_head", "model.embed_tokens");

    private TargetLayers() {}

    /**
     * The targets among a base's linear layers, in their order.
     *
     * @throws IllegalArgumentException if there is none, or the output or embedding matrix is one
     */
    static List<LinearShape> of(LoraConfig config, List<LinearShape> layers) {
        requireSupported(config);
        List<LinearShape> targets =
                layers.stream().filter(layer -> config.targets(layer.name())).toList();
        if (targets.isEmpty()) {
            throw new IllegalArgumentException(
                    "target_modules means no layer of the base; take names such as q_proj, or \"all-linear\"");
        }
        return targets;
    }

    /** Refuses a configuration that means the output or embedding matrix. */
    static void requireSupported(LoraConfig config) {
        for (String module : UNSUPPORTED) {
            if (config.targets(module)) {
                throw new IllegalArgumentException(
                        "target_modules means %s, which cannot have an adapter here; take layers of the blocks, such as q_proj"
                                .formatted(module));
            }
        }
    }
}

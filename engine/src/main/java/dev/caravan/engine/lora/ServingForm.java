package dev.caravan.engine.lora;

import dev.caravan.engine.layer.LowRankAdapter;
import dev.caravan.engine.layer.LowRankLinear;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.model.Decoder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adapters in the form in which decoders compute them: a copy, so that training may go on. */
public final class ServingForm {

    private ServingForm() {}

    /**
     * The adapter for a base.
     *
     * @throws IllegalArgumentException if the base has no such layers, or has them in other sizes
     */
    public static LowRankAdapter of(LoraAdapter adapter, Decoder base) {
        List<Map<Projection, LowRankLinear>> layers = new ArrayList<>();
        for (int layer = 0; layer < base.blocks().size(); layer++) {
            layers.add(new EnumMap<>(Projection.class));
        }
        Map<String, LinearShape> shapes = new HashMap<>();
        LinearShape.of(base).forEach(shape -> shapes.put(shape.name(), shape));
        for (LoraModule module : adapter.modules()) {
            LinearShape shape = shapes.get(module.name());
            if (shape == null) {
                throw new IllegalArgumentException(
                        "the adapter is of another base: it changes %s, which this model does not have; load it with the base that it was trained on"
                                .formatted(module.name()));
            }
            if (shape.inputs() != module.inputs() || shape.outputs() != module.outputs()) {
                throw new IllegalArgumentException(
                        "the adapter is of another base: its %s is %d x %d, this model's %d x %d; load it with the base that it was trained on"
                                .formatted(
                                        module.name(),
                                        module.outputs(),
                                        module.inputs(),
                                        shape.outputs(),
                                        shape.inputs()));
            }
            layers.get(shape.layer()).put(shape.projection(), linear(module));
        }
        return new LowRankAdapter(layers);
    }

    private static LowRankLinear linear(LoraModule module) {
        float[] up = new float[module.b().length];
        for (int o = 0; o < module.outputs(); o++) {
            for (int r = 0; r < module.r(); r++) {
                up[r * module.outputs() + o] = module.b()[o * module.r() + r];
            }
        }
        return new LowRankLinear(
                module.inputs(),
                module.outputs(),
                module.r(),
                module.scaling(),
                module.a().clone(),
                up);
    }
}

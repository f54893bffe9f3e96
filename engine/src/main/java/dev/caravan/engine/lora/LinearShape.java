package dev.caravan.engine.lora;

import dev.caravan.engine.layer.DecoderBlock;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A linear layer that an adapter may be put on.
 *
 * @param layer the number of its block
 */
record LinearShape(int layer, Projection projection, int inputs, int outputs) {

    /** All of a decoder, in the order of the model. */
    static List<LinearShape> of(Decoder decoder) {
        List<LinearShape> shapes = new ArrayList<>();
        List<DecoderBlock> blocks = decoder.blocks();
        for (int layer = 0; layer < blocks.size(); layer++) {
            for (Projection projection : Projection.values()) {
                Tensor weight = blocks.get(layer).projection(projection).weight();
                shapes.add(new LinearShape(layer, projection, weight.columns(), weight.rows()));
            }
        }
        return shapes;
    }

    /** As in the checkpoint without {@code .weight}. */
    String name() {
        return projection.module(layer);
    }
}

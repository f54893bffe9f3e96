package dev.caravan.engine.train;

/**
 * An array of numbers that training changes, with the gradient of the loss by each of them. Both arrays are written in
 * place.
 *
 * @param name {@code model.layers.0.self_attn.q_proj.lora_A.weight}
 * @param shape outermost first
 * @param values row by row
 * @param gradient as {@code values}
 */
@SuppressWarnings("ArrayRecordComponent") // shared with the pass and the adapter, which is the point
record TrainableTensor(String name, long[] shape, float[] values, float[] gradient) {

    TrainableTensor {
        long elements = 1;
        for (long extent : shape) {
            elements *= extent;
        }
        if (values.length != elements || gradient.length != elements) {
            throw new IllegalArgumentException("%s has %d values and %d gradients, its shape takes %d"
                    .formatted(name, values.length, gradient.length, elements));
        }
    }

    int size() {
        return values.length;
    }
}

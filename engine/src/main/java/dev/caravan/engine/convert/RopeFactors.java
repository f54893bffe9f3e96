package dev.caravan.engine.convert;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.layer.Llama3RopeScaling;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Llama 3's stretched waves: transformers has the four numbers that they follow from, GGUF the finished divisors in the
 * tensor {@code rope_freqs.weight}.
 */
final class RopeFactors {

    static final String TENSOR = "rope_freqs.weight";

    /** Every published model has these two. */
    private static final double LOW_FREQ_FACTOR = 1;

    private static final double HIGH_FREQ_FACTOR = 4;

    private static final int LEAST_CONTEXT_EXPONENT = 4;
    private static final int MOST_CONTEXT_EXPONENT = 24;

    /** Both sides round to float. */
    private static final double TOLERANCE = 1e-5;

    private RopeFactors() {}

    /** The divisors for a GGUF file, where the model stretches its waves like Llama 3. */
    static Optional<Tensor> tensor(SourceModel source) {
        Optional<Tensor> ready = source.checkpoint().findTensor(TENSOR);
        return ready.isPresent()
                ? ready
                : scaling(source.values()).map(scaling -> {
                    float[] divisors = scaling.divisors(
                            theta(source.values()), source.config().headDim());
                    MemorySegment data = MemorySegment.ofArray(new float[divisors.length]);
                    BlockFormat.of(DType.F32).quantize(divisors, 0, divisors.length, data, 0);
                    return new Tensor(TENSOR, DType.F32, new long[] {divisors.length}, data);
                });
    }

    private static Optional<Llama3RopeScaling> scaling(JsonObject config) {
        return config.object("rope_parameters")
                .or(() -> config.object("rope_scaling"))
                .filter(rope ->
                        rope.string("rope_type", rope.string("type", "default")).equals("llama3"))
                .map(rope -> new Llama3RopeScaling(
                        rope.number("factor"),
                        rope.number("low_freq_factor"),
                        rope.number("high_freq_factor"),
                        rope.number("original_max_position_embeddings")));
    }

    private static double theta(JsonObject config) {
        return config.object("rope_parameters")
                .filter(rope -> rope.has("rope_theta"))
                .map(rope -> rope.number("rope_theta"))
                .orElseGet(() -> config.number("rope_theta", 10_000));
    }

    /**
     * The numbers from which a GGUF file's divisors follow; none where it has no divisors.
     *
     * @throws dev.caravan.engine.ModelFormatException if they follow from none that Llama 3's formula could have
     */
    static Optional<Llama3RopeScaling> fromTensor(Checkpoint checkpoint, int headDim) {
        return checkpoint.findTensor(TENSOR).map(tensor -> {
            float[] divisors = new float[Math.toIntExact(tensor.elements())];
            BlockFormat.of(tensor.dtype()).dequantize(tensor.data(), 0, divisors, 0, divisors.length);
            double theta = theta(checkpoint.config());
            double factor = divisors[divisors.length - 1];
            for (int exponent = LEAST_CONTEXT_EXPONENT; exponent <= MOST_CONTEXT_EXPONENT; exponent++) {
                Llama3RopeScaling candidate =
                        new Llama3RopeScaling(factor, LOW_FREQ_FACTOR, HIGH_FREQ_FACTOR, 1L << exponent);
                if (isNear(candidate.divisors(theta, headDim), divisors)) {
                    return candidate;
                }
            }
            throw checkpoint
                    .config()
                    .refused("the rotary factors in %s follow from no rope_parameters of type llama3 that are known;"
                                    .formatted(TENSOR)
                            + " convert the original model, or keep GGUF");
        });
    }

    private static boolean isNear(float[] a, float[] b) {
        if (a.length != b.length) {
            return false;
        }
        for (int i = 0; i < a.length; i++) {
            if (Math.abs(a[i] - b[i]) > TOLERANCE * Math.abs(b[i])) {
                return false;
            }
        }
        return true;
    }
}

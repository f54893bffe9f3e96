package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tensors that hold one 4-bit weight, found by their names; what is in them is not checked yet.
 *
 * @param nestedAbsmax and {@code nestedQuantMap} are there with double quantisation only
 */
record FourBitParts(
        PlacedTensor packed,
        PlacedTensor state,
        PlacedTensor absmax,
        PlacedTensor quantMap,
        @Nullable PlacedTensor nestedAbsmax,
        @Nullable PlacedTensor nestedQuantMap) {

    static final String ABSMAX = ".absmax";
    static final String QUANT_MAP = ".quant_map";
    static final String NESTED_ABSMAX = ".nested_absmax";
    static final String NESTED_QUANT_MAP = ".nested_quant_map";

    /**
     * Finds the parts.
     *
     * @param state the name of the tensor with the weight's state, which exists
     * @throws ModelFormatException if one is missing
     */
    static FourBitParts of(Map<String, PlacedTensor> tensors, String weight, String state) {
        return new FourBitParts(
                require(tensors, weight, state),
                require(tensors, state, state),
                require(tensors, weight + ABSMAX, state),
                require(tensors, weight + QUANT_MAP, state),
                tensors.get(weight + NESTED_ABSMAX),
                tensors.get(weight + NESTED_QUANT_MAP));
    }

    private static PlacedTensor require(Map<String, PlacedTensor> tensors, String name, String state) {
        PlacedTensor found = tensors.get(name);
        if (found != null) {
            return found;
        }
        PlacedTensor stated = tensors.get(state);
        if (stated == null) {
            throw new IllegalArgumentException("no tensor " + state);
        }
        throw stated.broken("the tensor %s is missing, which belongs to %s"
                .formatted(SafetensorsHeader.printable(name), SafetensorsHeader.printable(state)));
    }

    String name() {
        return packed.raw().name();
    }

    /** The names of all parts but the weight itself, those of double quantisation whether they are there or not. */
    List<String> companions() {
        return List.of(
                state.raw().name(),
                name() + ABSMAX,
                name() + QUANT_MAP,
                name() + NESTED_ABSMAX,
                name() + NESTED_QUANT_MAP);
    }
}

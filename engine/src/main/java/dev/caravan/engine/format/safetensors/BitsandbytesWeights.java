package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the weights that bitsandbytes quantised among a checkpoint's tensors. A file holds such a weight in parts, which
 * from outside become the one tensor {@code P.weight}:
 *
 * <pre>
 * 4 bits  P.weight  P.weight.absmax  P.weight.quant_map  P.weight.quant_state.bitsandbytes__nf4 (or __fp4)
 *         and with double quantisation  P.weight.nested_absmax  P.weight.nested_quant_map
 * 8 bits  P.weight (I8)  P.SCB  P.weight_format
 * </pre>
 *
 * Source: bitsandbytes 0.50.2, {@code functional.QuantState.as_dict} and {@code nn.modules.Linear8bitLt}.
 *
 * @param weights the weights by nobody's order, each checked
 * @param parts the names of the tensors that are parts of them and nothing by themselves
 */
record BitsandbytesWeights(List<QuantizedWeight> weights, Set<String> parts) {

    private static final String WEIGHT = ".weight";
    private static final String ROW_MAGNITUDES = ".SCB";
    private static final String WEIGHT_FORMAT = ".weight_format";

    /**
     * Puts the parts together.
     *
     * @param tensors all tensors of the checkpoint by name
     * @throws ModelFormatException if parts are missing or do not fit each other
     */
    static BitsandbytesWeights collect(Map<String, PlacedTensor> tensors) {
        List<QuantizedWeight> weights = new ArrayList<>();
        Set<String> parts = new HashSet<>();
        for (String name : tensors.keySet()) {
            int state = name.indexOf(FourBitWeight.STATE);
            if (state > 0) {
                FourBitParts found = FourBitParts.of(tensors, name.substring(0, state), name);
                weights.add(FourBitWeight.read(found));
                parts.addAll(found.companions());
            } else if (name.endsWith(ROW_MAGNITUDES)) {
                String module = name.substring(0, name.length() - ROW_MAGNITUDES.length());
                weights.add(EightBitWeight.read(tensors, module + WEIGHT, name, module + WEIGHT_FORMAT));
                parts.add(name);
                parts.add(module + WEIGHT_FORMAT);
            }
        }
        return new BitsandbytesWeights(weights, parts);
    }
}

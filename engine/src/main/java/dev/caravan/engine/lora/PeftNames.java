package dev.caravan.engine.lora;

import dev.caravan.engine.layer.Projection;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A tensor's name in {@code adapter_model.safetensors}. Files differ by the model that was wrapped:
 *
 * <pre>
 * base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight                  a causal language model
 * base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight   the text part of an image model
 * base_model.model.layers.0.self_attn.q_proj.lora_A.weight                        a decoder's backbone alone
 * model.layers.0.self_attn.q_proj.lora_A.weight                                   saved without PEFT's wrapper
 * </pre>
 *
 * @param prefix what stands before the layers in the wrapped model: {@code model.}, {@code model.language_model.}
 * @param layer the number of the layer
 * @param isA whether it is A, else B
 */
record PeftNames(String prefix, int layer, Projection projection, boolean isA) {

    private static final String WRAPPER = "base_model.model.";
    private static final Pattern NAME = Pattern.compile(
            "(?:base_model\\.model\\.)?((?:model\\.|language_model\\.){0,3})layers\\.(\\d{1,6})\\.([a-z_.]{1,40})\\.lora_([AB])(?:\\.default)?\\.weight");

    /** The parts of a name, empty for what is no adapter of a decoder's linear layer. */
    static Optional<PeftNames> parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        for (Projection projection : Projection.values()) {
            if (projection.path().equals(matcher.group(3))) {
                return Optional.of(new PeftNames(
                        matcher.group(1),
                        Integer.parseInt(matcher.group(2)),
                        projection,
                        matcher.group(4).equals("A")));
            }
        }
        return Optional.empty();
    }

    /** How PEFT names the tensor of a module in a causal language model. */
    static String inFile(String module, boolean isA) {
        return "%s%s.lora_%s.weight".formatted(WRAPPER, module, isA ? "A" : "B");
    }

    /** The module's name as the wrapped model has it, which is what the configuration speaks of. */
    String moduleInFile() {
        return "%slayers.%d.%s".formatted(prefix, layer, projection.path());
    }
}

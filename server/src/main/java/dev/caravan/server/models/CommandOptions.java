package dev.caravan.server.models;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.server.models.catalogue.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A command's words, told apart: options without a value, options with one, and the rest. Those of the quantisation have
 * the names of transformers' {@code BitsAndBytesConfig} with dashes.
 */
record CommandOptions(List<String> words, Set<String> flags, Map<String, String> values) {

    private static final Set<String> QUANTIZATION_FLAGS =
            Set.of("--load-in-4bit", "--load-in-8bit", "--bnb-4bit-use-double-quant");
    private static final Set<String> QUANTIZATION_VALUES =
            Set.of("--bnb-4bit-quant-type", "--bnb-4bit-compute-dtype", "--llm-int8-skip-modules");

    /**
     * @param flags the options without a value that the command knows, besides those of the quantisation
     * @param valued those with one
     * @throws ModelException if an option is not known or lacks its value
     */
    static CommandOptions parse(List<String> arguments, Set<String> flags, Set<String> valued) {
        List<String> words = new ArrayList<>();
        Set<String> given = new LinkedHashSet<>();
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < arguments.size(); i++) {
            String word = arguments.get(i);
            if (!word.startsWith("--")) {
                words.add(word);
            } else if (flags.contains(word) || QUANTIZATION_FLAGS.contains(word)) {
                given.add(word);
            } else if (valued.contains(word) || QUANTIZATION_VALUES.contains(word)) {
                i++;
                if (i == arguments.size()) {
                    throw new ModelException("The option " + word + " needs a value.");
                }
                values.put(word, arguments.get(i));
            } else {
                throw new ModelException("The option " + word + " is not known here; ./caravan models shows what is.");
            }
        }
        return new CommandOptions(List.copyOf(words), given, values);
    }

    boolean has(String flag) {
        return flags.contains(flag);
    }

    Optional<String> value(String option) {
        return Optional.ofNullable(values.get(option));
    }

    /**
     * The quantisation asked for.
     *
     * @throws ModelException if its options contradict each other or one has a value that does not exist
     */
    QuantizationConfig quantization() {
        Map<String, Object> config = new LinkedHashMap<>();
        flags.stream().filter(QUANTIZATION_FLAGS::contains).forEach(flag -> config.put(key(flag), true));
        values.forEach((option, value) -> {
            if (QUANTIZATION_VALUES.contains(option)) {
                config.put(key(option), option.endsWith("-modules") ? List.of(value.split(",", -1)) : value);
            }
        });
        try {
            QuantizationConfig quantization = QuantizationConfig.of(Path.of("options"), config);
            if (!quantization.isActive() && !config.isEmpty()) {
                throw new ModelException(
                        "The option " + config.keySet().iterator().next().replace('_', '-')
                                + " has no meaning alone: add --load-in-4bit or --load-in-8bit.");
            }
            return quantization;
        } catch (IllegalArgumentException e) {
            throw new ModelException("The quantisation cannot be: " + e.getMessage() + ".", e);
        }
    }

    private static String key(String option) {
        return option.substring(2).replace('-', '_');
    }
}

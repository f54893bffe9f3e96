package dev.caravan.engine.lora;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * Says which linear layers are meant, in the three ways of PEFT's {@code target_modules}. Names are a checkpoint's
 * without {@code .weight}: {@code model.layers.0.self_attn.q_proj}. Immutable and thread-safe.
 */
public sealed interface ModuleFilter {

    /** Every linear layer but the output projection ({@code "all-linear"}). */
    static ModuleFilter allLinear() {
        return new AllLinear();
    }

    /** None. */
    static ModuleFilter none() {
        return names(List.of());
    }

    /** Layers that have or end with one of these names, cut at a dot. */
    static ModuleFilter names(Collection<String> names) {
        return new Names(List.copyOf(new TreeSet<>(names)));
    }

    /** Layers that have or end with one of these names, cut at a dot. */
    static ModuleFilter names(String... names) {
        return names(List.of(names));
    }

    /**
     * Layers whose whole name matches.
     *
     * @throws IllegalArgumentException if the expression is malformed
     */
    static ModuleFilter regex(String expression) {
        return new Regex(expression);
    }

    /**
     * Whether a linear layer is meant.
     *
     * @param module its name, {@code model.layers.0.self_attn.q_proj} or {@code lm_head}
     * @throws IllegalArgumentException if an expression takes too long
     */
    boolean matches(String module);

    /** Whether it means the layer by its full name. */
    default boolean isExact(String module) {
        return false;
    }

    /**
     * See {@link #names(Collection)}.
     *
     * @param names sorted, each once
     */
    record Names(List<String> names) implements ModuleFilter {
        public Names {
            names = List.copyOf(names);
            if (names.stream().anyMatch(String::isEmpty)) {
                throw new IllegalArgumentException("a module's name is empty; remove it");
            }
        }

        @Override
        public boolean matches(String module) {
            return isExact(module) || names.stream().anyMatch(name -> module.endsWith("." + name));
        }

        @Override
        public boolean isExact(String module) {
            return names.contains(module);
        }
    }

    /**
     * See {@link #regex}.
     *
     * @param expression in Python's syntax
     */
    record Regex(String expression) implements ModuleFilter {
        public Regex {
            PythonPattern.of(expression);
        }

        @Override
        public boolean matches(String module) {
            return PythonPattern.of(expression).matchesAll(module);
        }
    }

    /** Every linear layer of the blocks. */
    record AllLinear() implements ModuleFilter {
        private static final String OUTPUT = "lm_head";
        private static final String EMBEDDINGS = "model.embed_tokens";

        @Override
        public boolean matches(String module) {
            return !module.equals(OUTPUT) && !module.equals(EMBEDDINGS);
        }
    }
}

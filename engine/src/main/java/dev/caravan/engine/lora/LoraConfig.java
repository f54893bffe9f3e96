package dev.caravan.engine.lora;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What an adapter changes and how strongly: {@code y = W x + scaling · B (A (dropout(x)))}. Names and meaning are those of
 * PEFT 0.21's {@code LoraConfig}. Immutable and thread-safe.
 *
 * @param r the rank: rows of A, columns of B
 * @param loraAlpha the scaling is {@code loraAlpha / r}
 * @param loraDropout the share of a layer's inputs that training leaves out before A, 0 to below 1
 * @param useRslora whether the scaling is {@code loraAlpha / sqrt(r)} instead
 * @param targetModules the layers that get an adapter
 * @param excludeModules layers that get none though they are targets
 * @param rankPattern ranks of some layers; a key is an expression for the end of a name, the first that matches counts
 * @param alphaPattern {@code loraAlpha} of some layers, likewise
 * @param layersToTransform the numbers of the layers that get an adapter, empty for all; not for a target that is
 *     spelled in full
 * @param layersPattern what stands before a layer's number in its name ({@code layers}), empty for anything
 * @param baseModelNameOrPath the base that it was trained on, or empty
 * @param taskType {@code CAUSAL_LM}, or empty
 */
public record LoraConfig(
        int r,
        double loraAlpha,
        double loraDropout,
        boolean useRslora,
        ModuleFilter targetModules,
        ModuleFilter excludeModules,
        Map<String, Integer> rankPattern,
        Map<String, Double> alphaPattern,
        List<Integer> layersToTransform,
        List<String> layersPattern,
        String baseModelNameOrPath,
        String taskType) {

    /** Above this a low-rank adapter is none. */
    static final int MAX_RANK = 4096;

    private static final int MAX_PATTERNS = 10_000;
    private static final String CAUSAL_LM = "CAUSAL_LM";

    public LoraConfig {
        rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
        alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
        layersToTransform = List.copyOf(layersToTransform);
        layersPattern = List.copyOf(layersPattern);
        requireRank("r", r);
        rankPattern.forEach((key, rank) -> requireRank("rank_pattern." + key, rank));
        requireAlpha("lora_alpha", loraAlpha);
        alphaPattern.forEach((key, alpha) -> requireAlpha("alpha_pattern." + key, alpha));
        if (!(loraDropout >= 0 && loraDropout < 1)) {
            throw new IllegalArgumentException("lora_dropout must be from 0 to below 1, got " + loraDropout);
        }
        if (rankPattern.size() + alphaPattern.size() > MAX_PATTERNS) {
            throw new IllegalArgumentException(
                    "rank_pattern and alpha_pattern may have %d keys together".formatted(MAX_PATTERNS));
        }
        rankPattern.keySet().forEach(PythonPattern::suffix);
        alphaPattern.keySet().forEach(PythonPattern::suffix);
        layersPattern.forEach(PythonPattern::behindLayers);
        boolean hasNames = targetModules instanceof ModuleFilter.Names;
        if (!hasNames && !(layersToTransform.isEmpty() && layersPattern.isEmpty())) {
            throw new IllegalArgumentException(
                    "layers_to_transform needs target_modules as a list; say the layers within the expression");
        }
        if (layersToTransform.isEmpty() && !layersPattern.isEmpty()) {
            throw new IllegalArgumentException("layers_pattern needs layers_to_transform; remove it or add that");
        }
    }

    private static void requireRank(String key, int rank) {
        if (rank < 1 || rank > MAX_RANK) {
            throw new IllegalArgumentException("%s must be from 1 to %d, got %d".formatted(key, MAX_RANK, rank));
        }
    }

    private static void requireAlpha(String key, double alpha) {
        if (!Double.isFinite(alpha)) {
            throw new IllegalArgumentException("%s must be a finite number, got %s".formatted(key, alpha));
        }
    }

    /** For all linear layers, without dropout. */
    public static LoraConfig of(int r, double loraAlpha) {
        return new LoraConfig(
                r,
                loraAlpha,
                0,
                false,
                ModuleFilter.allLinear(),
                ModuleFilter.none(),
                Map.of(),
                Map.of(),
                List.of(),
                List.of(),
                "",
                CAUSAL_LM);
    }

    /** Whether a linear layer gets an adapter. */
    public boolean targets(String module) {
        if (excludeModules.matches(module) || !targetModules.matches(module)) {
            return false;
        }
        if (layersToTransform.isEmpty() || targetModules.isExact(module)) {
            return true;
        }
        OptionalInt layer = layer(module);
        return layer.isPresent() && layersToTransform.contains(layer.getAsInt());
    }

    private OptionalInt layer(String module) {
        if (layersPattern.isEmpty()) {
            return PythonPattern.ANY_LAYER.layerNumber(module);
        }
        for (String pattern : layersPattern) {
            OptionalInt layer = PythonPattern.behindLayers(pattern).layerNumber(module);
            if (layer.isPresent()) {
                return layer;
            }
        }
        return OptionalInt.empty();
    }

    /** The rank of a layer's adapter. */
    public int rank(String module) {
        return first(rankPattern, module, r);
    }

    /** {@code loraAlpha} of a layer's adapter. */
    public double alpha(String module) {
        return first(alphaPattern, module, loraAlpha);
    }

    /** What a layer's adapter is multiplied by. */
    public float scaling(String module) {
        int rank = rank(module);
        return (float) (alpha(module) / (useRslora ? Math.sqrt(rank) : rank));
    }

    private static <T> T first(Map<String, T> patterns, String module, T otherwise) {
        for (Map.Entry<String, T> pattern : patterns.entrySet()) {
            if (PythonPattern.suffix(pattern.getKey()).matchesStart(module)) {
                return pattern.getValue();
            }
        }
        return otherwise;
    }

    /** A builder that starts from these values. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Builds a configuration that differs from another in some values. For one thread. */
    public static final class Builder {
        private int r;
        private double loraAlpha;
        private double loraDropout;
        private boolean useRslora;
        private ModuleFilter targetModules;
        private ModuleFilter excludeModules;
        private Map<String, Integer> rankPattern;
        private Map<String, Double> alphaPattern;
        private List<Integer> layersToTransform;
        private List<String> layersPattern;
        private String baseModelNameOrPath;
        private String taskType;

        private Builder(LoraConfig from) {
            r = from.r;
            loraAlpha = from.loraAlpha;
            loraDropout = from.loraDropout;
            useRslora = from.useRslora;
            targetModules = from.targetModules;
            excludeModules = from.excludeModules;
            rankPattern = from.rankPattern;
            alphaPattern = from.alphaPattern;
            layersToTransform = from.layersToTransform;
            layersPattern = from.layersPattern;
            baseModelNameOrPath = from.baseModelNameOrPath;
            taskType = from.taskType;
        }

        public Builder r(int value) {
            r = value;
            return this;
        }

        public Builder loraAlpha(double value) {
            loraAlpha = value;
            return this;
        }

        public Builder loraDropout(double value) {
            loraDropout = value;
            return this;
        }

        public Builder useRslora(boolean value) {
            useRslora = value;
            return this;
        }

        public Builder targetModules(ModuleFilter value) {
            targetModules = value;
            return this;
        }

        public Builder excludeModules(ModuleFilter value) {
            excludeModules = value;
            return this;
        }

        public Builder rankPattern(Map<String, Integer> value) {
            rankPattern = value;
            return this;
        }

        public Builder alphaPattern(Map<String, Double> value) {
            alphaPattern = value;
            return this;
        }

        public Builder layersToTransform(List<Integer> value) {
            layersToTransform = value;
            return this;
        }

        public Builder layersPattern(List<String> value) {
            layersPattern = value;
            return this;
        }

        public Builder baseModelNameOrPath(String value) {
            baseModelNameOrPath = value;
            return this;
        }

        public Builder taskType(String value) {
            taskType = value;
            return this;
        }

        /**
         * The configuration of these values.
         *
         * @throws IllegalArgumentException if they do not make sense together
         */
        public LoraConfig build() {
            return new LoraConfig(
                    r,
                    loraAlpha,
                    loraDropout,
                    useRslora,
                    targetModules,
                    excludeModules,
                    rankPattern,
                    alphaPattern,
                    layersToTransform,
                    layersPattern,
                    baseModelNameOrPath,
                    taskType);
        }
    }
}

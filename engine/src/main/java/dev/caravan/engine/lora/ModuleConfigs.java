package dev.caravan.engine.lora;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Configurations that say what finished modules have. */
final class ModuleConfigs {

    private ModuleConfigs() {}

    /** Rank and alpha of a module; its scaling is {@code alpha / r}. */
    record Strength(int r, double alpha) {}

    /**
     * The names that mean exactly some of a base's layers: as short as can be.
     *
     * @param modules the names of those that are meant
     */
    static ModuleFilter filter(Set<String> modules, List<LinearShape> layers) {
        Set<String> parts = modules.stream()
                .map(name -> name.substring(name.lastIndexOf('.') + 1))
                .collect(Collectors.toSet());
        ModuleFilter filter = ModuleFilter.names(parts);
        boolean isSame =
                layers.stream().allMatch(layer -> filter.matches(layer.name()) == modules.contains(layer.name()));
        return isSame ? filter : ModuleFilter.names(modules);
    }

    /**
     * A configuration in which every module has its own rank and alpha.
     *
     * @param from the values that all modules share; its targets, layers and patterns are replaced
     * @param strengths by the modules' names, not empty
     */
    static LoraConfig of(LoraConfig from, Map<String, Strength> strengths, List<LinearShape> layers) {
        Strength usual = strengths.values().iterator().next();
        Map<String, Integer> ranks = new LinkedHashMap<>();
        Map<String, Double> alphas = new LinkedHashMap<>();
        strengths.forEach((name, strength) -> {
            if (strength.r != usual.r) {
                ranks.put(name, strength.r);
            }
            if (strength.alpha != usual.alpha) {
                alphas.put(name, strength.alpha);
            }
        });
        return from.toBuilder()
                .r(usual.r)
                .loraAlpha(usual.alpha)
                .targetModules(filter(strengths.keySet(), layers))
                .excludeModules(ModuleFilter.none())
                .layersToTransform(List.of())
                .layersPattern(List.of())
                .rankPattern(ranks)
                .alphaPattern(alphas)
                .build();
    }
}

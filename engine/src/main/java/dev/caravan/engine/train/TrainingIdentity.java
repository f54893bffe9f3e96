package dev.caravan.engine.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the numbers of a training depend on: base model, adapter, data and settings, by name. Only a training with the same
 * can go on from a checkpoint.
 *
 * @param values texts; of what is large, a hash
 */
record TrainingIdentity(Map<String, String> values) {
    private static final int SHOWN_CHARACTERS = 16;

    TrainingIdentity {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    static TrainingIdentity of(LossFunction loss, TrainingBatches batches, TrainingConfig config) {
        Map<String, String> values = new LinkedHashMap<>(loss.identity());
        values.put("the training data", batches.training().hash());
        values.put("the held-out data", batches.heldOut().hash());
        values.putAll(config.settings());
        return new TrainingIdentity(values);
    }

    /** What the first difference is, for a sentence; empty if there is none. */
    Optional<String> difference(TrainingIdentity now) {
        Set<String> names = new LinkedHashSet<>(now.values.keySet());
        names.addAll(values.keySet());
        return names.stream()
                .filter(name -> !Objects.equals(values.get(name), now.values.get(name)))
                .map(name -> "%s %s, now it is %s".formatted(name, shown(name), now.shown(name)))
                .findFirst();
    }

    private String shown(String name) {
        String value = values.getOrDefault(name, "none");
        return value.length() <= SHOWN_CHARACTERS ? value : value.substring(0, SHOWN_CHARACTERS) + "...";
    }
}

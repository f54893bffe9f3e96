package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names that are visible at a place: its own and those of the places around it. */
final class JinjaScope {
    private final JinjaRun run;
    private final @Nullable JinjaScope parent;
    private final Map<String, Object> values = new HashMap<>();

    JinjaScope(JinjaRun run) {
        this.run = run;
        this.parent = null;
    }

    JinjaScope(JinjaScope parent) {
        this.run = parent.run;
        this.parent = parent;
    }

    JinjaRun run() {
        return run;
    }

    void set(String name, Object value) {
        values.put(name, value);
    }

    Object get(String name) {
        for (JinjaScope scope = this; scope != null; scope = scope.parent) {
            Object value = scope.values.get(name);
            if (value != null) {
                return value;
            }
        }
        return new Undefined("'%s' is undefined".formatted(name));
    }
}

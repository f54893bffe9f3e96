package dev.caravan.knowledge.store;

import java.util.List;

/** Bind value for PostgreSQL's {@code integer[]}, an empty one included. */
final class IntegerArray {

    private final List<Integer> values;

    private IntegerArray(List<Integer> values) {
        this.values = List.copyOf(values);
    }

    static IntegerArray of(List<Integer> values) {
        return new IntegerArray(values);
    }

    Object[] toArray() {
        return values.toArray();
    }
}

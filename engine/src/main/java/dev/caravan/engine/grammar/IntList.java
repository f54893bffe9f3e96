package dev.caravan.engine.grammar;

import java.util.Arrays;

/** Numbers without boxes. For one thread. */
final class IntList {
    private int[] values = new int[16];
    private int size;

    void add(int value) {
        values = size == values.length ? Arrays.copyOf(values, size * 2) : values;
        values[size++] = value;
    }

    int[] toArray() {
        return Arrays.copyOf(values, size);
    }
}

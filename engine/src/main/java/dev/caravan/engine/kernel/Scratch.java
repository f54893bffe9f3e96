package dev.caravan.engine.kernel;

import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Arrays that tasks borrow and give back, so that a call allocates nothing once the largest sizes have been seen. It
 * never holds more arrays than there were tasks at one time. The contents are whatever the last borrower left.
 */
final class Scratch {
    private final ConcurrentLinkedQueue<float[]> free = new ConcurrentLinkedQueue<>();

    /** An array of at least so many values; of unknown contents. */
    float[] borrow(int size) {
        float @Nullable [] array = free.poll();
        return array != null && array.length >= size ? array : new float[size];
    }

    void giveBack(float[] array) {
        free.add(array);
    }
}

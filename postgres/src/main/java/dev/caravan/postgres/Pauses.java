package dev.caravan.postgres;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Bounded waiting for what other processes do, of which nobody tells us. */
final class Pauses {

    private static final Duration STEP = Duration.ofMillis(50);

    private Pauses() {}

    /** Waits until a condition holds or the time is over; says whether it holds. */
    static boolean await(Duration limit, BooleanSupplier condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() >= deadline) {
                return false;
            }
            pause(STEP);
        }
        return true;
    }

    static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PostgresException("Interrupted while waiting for PostgreSQL.", e);
        }
    }
}

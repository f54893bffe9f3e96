package dev.caravan.server.finetuning;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C (and the system's request to end): the run is asked to stop and gets the time to keep what it has. Thread-safe.
 */
final class Interruption implements AutoCloseable {
    /** A cancelled step ends within a layer; what takes long is a checkpoint on a slow disk. */
    private static final long PATIENCE_SECONDS = 120;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "caravan-interruption");
    private volatile boolean isRequested;

    /** Begins to listen. */
    static Interruption listening() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    private void stop() {
        isRequested = true;
        try {
            if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException shutdownIsInAHurry) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isRequested() {
        return isRequested;
    }

    /** What had to be kept is kept: the process may end. */
    @Override
    public void close() {
        ended.countDown();
        if (!isRequested) {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }
}

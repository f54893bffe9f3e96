package dev.caravan.engine.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The threads that share one call's work. The caller works too: {@code threads - 1} daemon threads help it.
 *
 * <p>A call publishes a {@link Region}; whoever sees it draws task numbers from its counter until none is left, so a
 * worker that the system has taken off its core holds up nothing but the task it is in. Between regions workers spin
 * for a moment (a decoder layer's kernels follow each other within microseconds) and then park: an idle pool burns no
 * CPU. Calls from several threads take turns; a call from inside a task runs on that thread alone.
 */
final class WorkerPool implements AutoCloseable {

    /** How often a thread looks for news before it parks; with the pause instruction about 20 to 50 microseconds. */
    private static final int SPINS = 1000;

    private final ReentrantLock turn = new ReentrantLock(true);
    private final Worker[] workers;
    private volatile @Nullable Region current;
    private volatile boolean closed;

    WorkerPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
        }
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker("caravan-kernel-" + (i + 1));
            workers[i].start();
        }
    }

    int threads() {
        return workers.length + 1;
    }

    /**
     * Runs {@code task} for 0 .. tasks-1 and returns when all are done. An exception of a task is thrown here once the
     * other tasks are done.
     */
    void run(int tasks, IntConsumer task) {
        if (closed) {
            throw new IllegalStateException("the kernels are closed");
        }
        boolean nested = turn.isHeldByCurrentThread() || Thread.currentThread() instanceof Worker;
        if (tasks <= 1 || workers.length == 0 || nested) {
            for (int i = 0; i < tasks; i++) {
                task.accept(i);
            }
            return;
        }
        turn.lock();
        try {
            share(new Region(tasks, task));
        } finally {
            turn.unlock();
        }
    }

    private void share(Region region) {
        current = region;
        for (Worker worker : workers) {
            if (worker.parked) {
                LockSupport.unpark(worker);
            }
        }
        region.work();
        region.awaitDone();
        current = null;
        region.rethrow();
    }

    /** Ends the threads. A call in progress is finished by its caller. */
    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    private final class Worker extends Thread {
        private volatile boolean parked;

        Worker(String name) {
            super(name);
            setDaemon(true);
        }

        @Override
        public void run() {
            Region last = null;
            while (!closed) {
                Region next = awaitAfter(last);
                if (next != null) {
                    next.work();
                    last = next;
                }
            }
        }

        /** A region other than {@code last}, or null if there was a wake-up without one. */
        private @Nullable Region awaitAfter(@Nullable Region last) {
            for (int i = 0; i < SPINS; i++) {
                Region seen = current;
                if (seen != null && seen != last) {
                    return seen;
                }
                Thread.onSpinWait();
            }
            // The flag goes up before the last look: the caller publishes first and looks at the flag second.
            parked = true;
            Region seen = current;
            if ((seen == null || seen == last) && !closed) {
                LockSupport.park(WorkerPool.this);
            }
            parked = false;
            return null;
        }
    }

    /** The tasks of one call. */
    private static final class Region {
        private final int tasks;
        private final IntConsumer task;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private final Thread caller = Thread.currentThread();
        private volatile boolean callerParked;
        private volatile @Nullable Throwable failure;

        Region(int tasks, IntConsumer task) {
            this.tasks = tasks;
            this.task = task;
        }

        void work() {
            for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
                try {
                    task.accept(i);
                } catch (RuntimeException | Error thrown) {
                    failure = thrown;
                } finally {
                    if (done.incrementAndGet() == tasks && callerParked) {
                        LockSupport.unpark(caller);
                    }
                }
            }
        }

        void awaitDone() {
            for (int i = 0; i < SPINS && done.get() < tasks; i++) {
                Thread.onSpinWait();
            }
            callerParked = true;
            boolean interrupted = false;
            while (done.get() < tasks) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            callerParked = false;
            if (interrupted) {
                caller.interrupt();
            }
        }

        void rethrow() {
            switch (failure) {
                case null -> {}
                case RuntimeException exception -> throw exception;
                case Error error -> throw error;
                case Throwable other -> throw new IllegalStateException(other);
            }
        }
    }
}

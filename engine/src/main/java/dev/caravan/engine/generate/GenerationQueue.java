package dev.caravan.engine.generate;

import dev.caravan.engine.QueueFullException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets one generation run at a time, in the order in which they came. A request that waits can be cancelled; when too
 * many wait, the next one is refused. Thread-safe.
 */
public final class GenerationQueue {

    /** The most requests that may wait. */
    public static final int MAX_WAITING = 32;

    /** How often a waiting request looks whether it was cancelled. */
    private static final long LOOK_MILLIS = 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();
    private long nextTicket;
    private boolean isRunning;
    private boolean isClosed;

    /**
     * Waits for the turn. Whoever got it must call {@link #leave}.
     *
     * @return false if the request was cancelled, or its thread interrupted, before its turn came
     * @throws QueueFullException if {@link #MAX_WAITING} wait already
     * @throws IllegalStateException if the queue is closed
     */
    public boolean enter(BooleanSupplier cancelled) {
        lock.lock();
        Long ticket = nextTicket++;
        try {
            requireOpen();
            if (isRunning && waiting.size() >= MAX_WAITING) {
                throw new QueueFullException(waiting.size());
            }
            waiting.add(ticket);
            while (isRunning || !ticket.equals(waiting.peek())) {
                if (cancelled.getAsBoolean()) {
                    return false;
                }
                changed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                requireOpen();
            }
            isRunning = true;
            return true;
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            waiting.remove(ticket);
            changed.signalAll();
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (isClosed) {
            throw new IllegalStateException("the model is closed");
        }
    }

    /** Ends the turn. */
    public void leave() {
        lock.lock();
        try {
            isRunning = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The requests that wait. */
    public int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** Whether {@link #close} was called: a running generation should end soon. */
    public boolean isClosed() {
        lock.lock();
        try {
            return isClosed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Refuses every further request and returns when the running one has ended.
     *
     * @return whether this call was the first
     */
    public boolean close() {
        lock.lock();
        try {
            boolean isFirst = !isClosed;
            isClosed = true;
            changed.signalAll();
            while (isRunning) {
                changed.awaitUninterruptibly();
            }
            return isFirst;
        } finally {
            lock.unlock();
        }
    }
}

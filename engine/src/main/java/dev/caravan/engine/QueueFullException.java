package dev.caravan.engine;

/** Too many requests wait for the model already. */
public final class QueueFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int waiting;

    public QueueFullException(int waiting) {
        super("the model is busy and %d requests wait already; try again in a moment".formatted(waiting));
        this.waiting = waiting;
    }

    /** The requests that waited. */
    public int waiting() {
        return waiting;
    }
}

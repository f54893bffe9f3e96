package dev.caravan.server.chat;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An answer under way: one thread generates it, another waits for its events and writes them to the client. The queue is
 * bounded by the answer's own length.
 */
final class RunningAnswer {

    /** What happens to an answer: any number of texts, then one of the others. */
    sealed interface Event {}

    record Text(String text) implements Event {}

    record Finished(ChatAnswer answer) implements Event {}

    record Failed(Throwable failure) implements Event {}

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final @Nullable String messageId;
    private volatile boolean cancelled;

    RunningAnswer(@Nullable String messageId) {
        this.messageId = messageId;
    }

    /** The stored answer's message, or null if it is not stored. */
    @Nullable
    String messageId() {
        return messageId;
    }

    /** Ends the generation within a token; the part that there is still comes as {@link Finished}. */
    void cancel() {
        cancelled = true;
    }

    boolean isCancelled() {
        return cancelled;
    }

    void emit(Event event) {
        events.add(event);
    }

    /** The next event, or null after a time without one. */
    @Nullable
    Event next(Duration patience) throws InterruptedException {
        return events.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    }
}

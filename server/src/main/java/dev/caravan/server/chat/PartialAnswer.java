package dev.caravan.server.chat;

import java.time.Duration;
import java.util.function.Consumer;

/** The text of an answer so far, handed on piece by piece and saved now and then. Used by one thread. */
final class PartialAnswer {

    /** Often enough that a crash loses little, seldom enough that the database does not notice. */
    private static final long SAVE_INTERVAL_NANOS = Duration.ofSeconds(2).toNanos();

    private final Consumer<String> listener;
    private final Consumer<String> store;
    private final StringBuilder content = new StringBuilder();
    private long savedAtNanos = System.nanoTime();

    /**
     * A partial answer.
     *
     * @param listener hears each piece
     * @param store is given the whole text so far
     */
    PartialAnswer(Consumer<String> listener, Consumer<String> store) {
        this.listener = listener;
        this.store = store;
    }

    void append(String text) {
        content.append(text);
        listener.accept(text);
        long now = System.nanoTime();
        if (now - savedAtNanos > SAVE_INTERVAL_NANOS) {
            store.accept(content.toString());
            savedAtNanos = now;
        }
    }

    String content() {
        return content.toString();
    }
}

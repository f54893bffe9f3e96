package dev.caravan.server.models;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The place of one model: what it is, how far it is, and the model once it is there. Thread-safe. */
final class ModelSlot<T> {

    private static final Logger log = LoggerFactory.getLogger(ModelSlot.class);

    private final CompletableFuture<T> loaded = new CompletableFuture<>();
    private volatile ModelState state;

    ModelSlot(@Nullable String id) {
        this.state = new ModelState(id, ModelState.Status.LOADING, null);
    }

    ModelState state() {
        return state;
    }

    /** Completes when the model is loaded, exceptionally when it never will be. */
    CompletableFuture<T> loaded() {
        return loaded;
    }

    /** The model, if it is loaded. */
    Optional<T> current() {
        return loaded.isDone() && !loaded.isCompletedExceptionally() ? Optional.of(loaded.join()) : Optional.empty();
    }

    void none(String message) {
        state = new ModelState(null, ModelState.Status.NONE, message);
        loaded.completeExceptionally(new IllegalStateException(message));
    }

    /** The id became known: the choice of the best model takes a moment. */
    void chosen(String id) {
        state = new ModelState(id, ModelState.Status.LOADING, null);
    }

    /** Loads on the calling thread; what goes wrong becomes the slot's state. */
    void load(String kind, Supplier<T> loader) {
        long start = System.nanoTime();
        try {
            T model = loader.get();
            state = new ModelState(state.id(), ModelState.Status.READY, null);
            loaded.complete(model);
            log.info("model=ready kind={} id={} millis={}", kind, state.id(), (System.nanoTime() - start) / 1_000_000);
        } catch (RuntimeException | Error e) { // the state tells the page, whatever it was
            String message = e.getMessage() == null ? e.toString() : e.getMessage();
            state = new ModelState(state.id(), ModelState.Status.FAILED, message);
            loaded.completeExceptionally(e);
            log.error("model=failed kind={} id={}", kind, state.id(), e);
        }
    }
}

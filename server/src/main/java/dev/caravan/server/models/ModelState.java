package dev.caravan.server.models;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a model is.
 *
 * @param id the model's id, or null if none is wanted or it is not known yet
 * @param message one sentence for a person, or null: why it failed
 */
public record ModelState(
        @Nullable String id, Status status, @Nullable String message) {

    /** A model's life: none at all, or loading, then ready or failed. */
    public enum Status {
        NONE,
        LOADING,
        READY,
        FAILED;

        /** The status as it stands on the wire. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}

package dev.caravan.server.chat;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of an answer's failure. */
final class Failures {

    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /** A failure that can be thrown where only unchecked ones can. */
    static RuntimeException unchecked(Throwable failure) {
        return switch (failure) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(failure);
        };
    }

    /** What a client may know of it; the log has the rest. */
    static ApiException forClient(Throwable failure) {
        if (failure instanceof ApiException known) {
            return known;
        }
        log.error("chat=failed", failure);
        return new ApiException(
                ApiErrorCode.INTERNAL_ERROR,
                null,
                "The answer failed in the server; its log has the cause. Try again.");
    }
}

package dev.caravan.server.api;

import org.jspecify.annotations.Nullable;

/** A request that cannot be answered. One handler turns it into OpenAI's error envelope. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ApiErrorCode code;
    private final @Nullable String param;
    private final int retryAfterSeconds;

    /**
     * @param param the field of the request at fault, or null
     * @param message one sentence that says what is wrong and what to do
     */
    public ApiException(ApiErrorCode code, @Nullable String param, String message) {
        this(code, param, message, 0);
    }

    private ApiException(ApiErrorCode code, @Nullable String param, String message, int retryAfterSeconds) {
        super(message);
        this.code = code;
        this.param = param;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** A field that holds something else than it should. */
    public static ApiException invalid(String param, String message) {
        return new ApiException(ApiErrorCode.INVALID_VALUE, param, message);
    }

    /**
     * Something that is not there.
     *
     * @param what the kind of thing, as a reader would call it, for example {@code file}
     */
    public static ApiException notFound(String what, String param, String id) {
        return new ApiException(ApiErrorCode.NOT_FOUND, param, "No %s found with id '%s'.".formatted(what, id));
    }

    /** A request that may be repeated after a while. */
    public static ApiException tryLater(ApiErrorCode code, int retryAfterSeconds, String message) {
        return new ApiException(code, null, message, retryAfterSeconds);
    }

    public ApiErrorCode code() {
        return code;
    }

    public @Nullable String param() {
        return param;
    }

    /** The value of {@code Retry-After}, or 0 for no such header. */
    int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}

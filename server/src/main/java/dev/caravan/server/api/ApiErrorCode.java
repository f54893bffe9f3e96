package dev.caravan.server.api;

import java.util.Locale;
import org.springframework.http.HttpStatus;

/** Every error that a client can see, with its status and OpenAI's type. Listed in docs/reference/api.md. */
public enum ApiErrorCode {
    INVALID_JSON(HttpStatus.BAD_REQUEST),
    INVALID_VALUE(HttpStatus.BAD_REQUEST),
    MISSING_REQUIRED_PARAMETER(HttpStatus.BAD_REQUEST),
    UNSUPPORTED_PARAMETER(HttpStatus.BAD_REQUEST),
    CONTEXT_LENGTH_EXCEEDED(HttpStatus.BAD_REQUEST),
    EMPTY_FILE(HttpStatus.BAD_REQUEST),
    FORBIDDEN_HOST(HttpStatus.FORBIDDEN),
    FORBIDDEN_ORIGIN(HttpStatus.FORBIDDEN),
    NOT_FOUND(HttpStatus.NOT_FOUND),
    UNKNOWN_URL(HttpStatus.NOT_FOUND),
    MODEL_NOT_FOUND(HttpStatus.NOT_FOUND),
    DOCUMENT_GONE(HttpStatus.NOT_FOUND),
    METHOD_NOT_ALLOWED(HttpStatus.METHOD_NOT_ALLOWED),
    NOT_ACCEPTABLE(HttpStatus.NOT_ACCEPTABLE),
    CONFLICT(HttpStatus.CONFLICT),
    FILE_TOO_LARGE(HttpStatus.CONTENT_TOO_LARGE),
    REQUEST_TOO_LARGE(HttpStatus.CONTENT_TOO_LARGE),
    UNSUPPORTED_MEDIA_TYPE(HttpStatus.UNSUPPORTED_MEDIA_TYPE),
    QUEUE_FULL(HttpStatus.TOO_MANY_REQUESTS),
    INTERNAL_ERROR(HttpStatus.INTERNAL_SERVER_ERROR),
    MODEL_NOT_READY(HttpStatus.SERVICE_UNAVAILABLE);

    private final HttpStatus status;

    ApiErrorCode(HttpStatus status) {
        this.status = status;
    }

    public HttpStatus status() {
        return status;
    }

    /** OpenAI's {@code type}, by the class of the status. */
    String type() {
        return switch (status) {
            case TOO_MANY_REQUESTS -> "rate_limit_error";
            case INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE -> "server_error";
            case FORBIDDEN -> "permission_error";
            default -> "invalid_request_error";
        };
    }

    /** The code as it stands on the wire. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package dev.caravan.server.api;

import org.jspecify.annotations.Nullable;

/** OpenAI's error body. */
public record ErrorEnvelope(Body error) {

    record Body(String message, String type, @Nullable String param, String code) {}

    /** The envelope of an error. */
    public static ErrorEnvelope of(ApiException exception) {
        String message = exception.getMessage();
        ApiErrorCode code = exception.code();
        return new ErrorEnvelope(
                new Body(message == null ? "" : message, code.type(), exception.param(), code.wireName()));
    }
}

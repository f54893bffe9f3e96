package dev.caravan.server.api;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.multipart.MaxUploadSizeExceededException;
import org.springframework.web.multipart.MultipartException;
import org.springframework.web.multipart.support.MissingServletRequestPartException;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** Turns everything that a controller or Spring throws into OpenAI's error envelope. */
@RestControllerAdvice
@Order(0)
final class ApiErrorHandler {

    private static final Logger log = LoggerFactory.getLogger(ApiErrorHandler.class);

    private final ErrorWriter writer;

    ApiErrorHandler(ErrorWriter writer) {
        this.writer = writer;
    }

    @ExceptionHandler(Throwable.class)
    void handle(Throwable failure, HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (failure instanceof AsyncRequestNotUsableException || response.isCommitted()) {
            return; // the client is gone, or has the beginning of an answer: there is nobody to tell
        }
        ApiException error = translate(failure, request);
        if (error.code() == ApiErrorCode.INTERNAL_ERROR) {
            log.error("request=failed method={} path={}", request.getMethod(), request.getRequestURI(), failure);
        }
        response.resetBuffer();
        writer.write(response, error);
    }

    private static ApiException translate(Throwable failure, HttpServletRequest request) {
        return switch (failure) {
            case ApiException e -> e;
            case HttpMessageNotReadableException e ->
                new ApiException(
                        ApiErrorCode.INVALID_JSON,
                        null,
                        "The body is not a JSON object: check its brackets, quotes and UTF-8 encoding.");
            case HttpMediaTypeNotSupportedException e -> unsupportedMediaType(e.getContentType());
            case HttpMediaTypeNotAcceptableException e ->
                new ApiException(ApiErrorCode.NOT_ACCEPTABLE, null, "This route answers with application/json.");
            case HttpRequestMethodNotSupportedException e ->
                new ApiException(
                        ApiErrorCode.METHOD_NOT_ALLOWED,
                        null,
                        "%s is not possible on %s.".formatted(e.getMethod(), request.getRequestURI()));
            case NoResourceFoundException e -> unknownUrl(request);
            case MaxUploadSizeExceededException e ->
                new ApiException(ApiErrorCode.FILE_TOO_LARGE, "file", "The file is larger than this server accepts.");
            case MissingServletRequestPartException e -> missing(e.getRequestPartName());
            case MissingServletRequestParameterException e -> missing(e.getParameterName());
            case MethodArgumentTypeMismatchException e ->
                ApiException.invalid(e.getName(), "'%s' has a value of the wrong type.".formatted(e.getName()));
            case MultipartException e ->
                new ApiException(
                        ApiErrorCode.INVALID_VALUE, "file", "The body is not a complete multipart/form-data upload.");
            default ->
                new ApiException(
                        ApiErrorCode.INTERNAL_ERROR,
                        null,
                        "Something went wrong in the server; its log has the cause. Try again.");
        };
    }

    private static ApiException missing(String name) {
        return new ApiException(
                ApiErrorCode.MISSING_REQUIRED_PARAMETER, name, "The parameter '%s' is missing.".formatted(name));
    }

    private static ApiException unsupportedMediaType(@Nullable MediaType found) {
        return new ApiException(
                ApiErrorCode.UNSUPPORTED_MEDIA_TYPE,
                HttpHeaders.CONTENT_TYPE,
                "The body's type is %s, but this route reads application/json."
                        .formatted(found == null ? "missing" : "'" + found + "'"));
    }

    private static ApiException unknownUrl(HttpServletRequest request) {
        return new ApiException(
                ApiErrorCode.UNKNOWN_URL,
                null,
                "Unknown request URL: %s %s.".formatted(request.getMethod(), request.getRequestURI()));
    }
}

package dev.caravan.server.api;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;

/** Answers what failed before a controller was reached, for example in the servlet container. */
@Controller
final class ContainerErrorController implements ErrorController {

    private final ErrorWriter writer;

    ContainerErrorController(ErrorWriter writer) {
        this.writer = writer;
    }

    @RequestMapping("/error")
    void error(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        writer.write(response, translate(status instanceof Integer code ? code : 404));
    }

    private static ApiException translate(int status) {
        HttpStatus known = HttpStatus.resolve(status);
        if (known == HttpStatus.CONTENT_TOO_LARGE) {
            return new ApiException(ApiErrorCode.REQUEST_TOO_LARGE, null, "The request is too large.");
        }
        if (known == HttpStatus.NOT_FOUND) {
            return new ApiException(ApiErrorCode.UNKNOWN_URL, null, "Unknown request URL.");
        }
        if (known != null && known.is4xxClientError()) {
            return new ApiException(ApiErrorCode.INVALID_VALUE, null, "The request cannot be read.");
        }
        return new ApiException(
                ApiErrorCode.INTERNAL_ERROR, null, "Something went wrong in the server; its log has the cause.");
    }
}

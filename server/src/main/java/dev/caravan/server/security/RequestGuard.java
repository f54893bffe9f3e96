package dev.caravan.server.security;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a request may pass. Without a login, the danger is a page elsewhere that makes the owner's browser speak
 * to this server: by DNS rebinding (then Host is a foreign name) or across sites (then Origin or Sec-Fetch-Site say so).
 */
final class RequestGuard {

    private static final Set<String> HOST_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:\\[\\]]+)(?::([0-9]{1,5}))?");
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
    private static final Set<String> BODY_METHODS = Set.of("POST", "PUT", "PATCH");
    private static final String UPLOAD_PATH = "/v1/files";

    private RequestGuard() {}

    /**
     * Lets a request pass, or not.
     *
     * @throws ApiException if it must not pass
     */
    static void check(HttpServletRequest request) {
        String host = request.getHeader("Host");
        if (!isOwnHost(host)) {
            throw new ApiException(
                    ApiErrorCode.FORBIDDEN_HOST,
                    "Host",
                    "This server answers to localhost, 127.0.0.1 and [::1] only; open it under one of these names.");
        }
        if (!isOwnOrigin(request, host) || !isOwnSite(request)) {
            throw new ApiException(
                    ApiErrorCode.FORBIDDEN_ORIGIN,
                    "Origin",
                    "A page of another site may not use this server; open Caravan's own page.");
        }
        checkContentType(request);
    }

    private static boolean isOwnHost(@Nullable String host) {
        if (host == null) {
            return false;
        }
        Matcher matcher = HOST.matcher(host);
        return matcher.matches() && HOST_NAMES.contains(matcher.group(1).toLowerCase(Locale.ROOT));
    }

    /** A browser's Origin must be the very address that the request went to, another port is another site. */
    private static boolean isOwnOrigin(HttpServletRequest request, @Nullable String host) {
        String origin = request.getHeader("Origin");
        return origin == null || origin.equalsIgnoreCase("http://" + host);
    }

    private static boolean isOwnSite(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        return site == null || OWN_SITE.contains(site) || isLinkToPage(request);
    }

    /** A link on another site may open the page itself: that shows it to its owner and does nothing else. */
    private static boolean isLinkToPage(HttpServletRequest request) {
        return request.getMethod().equals("GET")
                && "navigate".equals(request.getHeader("Sec-Fetch-Mode"))
                && "document".equals(request.getHeader("Sec-Fetch-Dest"))
                && !isProgrammatic(request.getRequestURI());
    }

    static boolean isProgrammatic(String path) {
        return path.startsWith("/v1/") || path.startsWith("/api/") || path.startsWith("/actuator");
    }

    /** A form of another site can send text/plain or a form, but never JSON without asking first. */
    private static void checkContentType(HttpServletRequest request) {
        if (!BODY_METHODS.contains(request.getMethod()) || hasNoBody(request)) {
            return;
        }
        String contentType = request.getContentType();
        String type =
                contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        boolean upload = request.getMethod().equals("POST")
                && request.getRequestURI().equals(UPLOAD_PATH)
                && type.equals("multipart/form-data");
        if (!upload && !type.equals("application/json")) {
            String expected = request.getRequestURI().equals(UPLOAD_PATH) ? "multipart/form-data" : "application/json";
            throw new ApiException(
                    ApiErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type",
                    "The body's type is '%s', but this route reads %s.".formatted(type, expected));
        }
    }

    private static boolean hasNoBody(HttpServletRequest request) {
        return request.getContentLengthLong() <= 0
                && request.getHeader("Transfer-Encoding") == null
                && request.getContentType() == null;
    }
}

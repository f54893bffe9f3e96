package dev.caravan.server.security;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.ErrorWriter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/** The first filter: security headers on every response, then {@link RequestGuard}, then a bound on JSON bodies. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SecurityFilter extends OncePerRequestFilter {

    /** The largest JSON body: the longest context as text, many times over. */
    static final long MAX_JSON_BYTES = 8L << 20;

    /**
     * Scripts and images come from this server only, so that no answer of a model can load or send anything. Styles may
     * be inline: the page's components position their pop-ups with style elements.
     */
    private static final String CONTENT_SECURITY_POLICY = String.join(
            "; ",
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'");

    private final ErrorWriter errors;

    SecurityFilter(ErrorWriter errors) {
        this.errors = errors;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        addHeaders(request, response);
        try {
            RequestGuard.check(request);
            boolean multipart = request.getContentType() != null
                    && request.getContentType().regionMatches(true, 0, "multipart/", 0, "multipart/".length());
            if (multipart) {
                chain.doFilter(request, response);
            } else {
                chain.doFilter(bounded(request), response);
            }
        } catch (ApiException e) {
            errors.write(response, e);
        }
    }

    private static HttpServletRequest bounded(HttpServletRequest request) {
        if (request.getContentLengthLong() > MAX_JSON_BYTES) {
            throw new ApiException(
                    ApiErrorCode.REQUEST_TOO_LARGE,
                    null,
                    "The body is larger than %d MB; send less text at once.".formatted(MAX_JSON_BYTES >> 20));
        }
        return new BoundedRequest(request, MAX_JSON_BYTES);
    }

    private static void addHeaders(HttpServletRequest request, HttpServletResponse response) {
        response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("X-Frame-Options", "DENY");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
        response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
        response.setHeader("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
        if (RequestGuard.isProgrammatic(request.getRequestURI())) {
            response.setHeader("Cache-Control", "no-store");
        }
    }
}

package dev.caravan.server.models.catalogue;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The proxy of {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}, which Java does not read by itself. */
final class Proxies {

    private final @Nullable Proxy forHttps;
    private final @Nullable Proxy forHttp;
    private final List<String> direct;

    private Proxies(@Nullable Proxy forHttps, @Nullable Proxy forHttp, List<String> direct) {
        this.forHttps = forHttps;
        this.forHttp = forHttp;
        this.direct = direct;
    }

    static Proxies none() {
        return new Proxies(null, null, List.of());
    }

    static Proxies fromEnvironment(Map<String, String> environment) {
        return new Proxies(
                proxy(either(environment, "https_proxy")),
                proxy(either(environment, "http_proxy")),
                List.of(either(environment, "no_proxy").split("\\s*,\\s*", -1)));
    }

    Proxy forAddress(URI address) {
        String host = address.getHost() == null ? "" : address.getHost().toLowerCase(Locale.ROOT);
        boolean isDirect = direct.stream()
                .map(name -> name.startsWith(".") ? name.substring(1) : name)
                .anyMatch(name ->
                        name.equals("*") || host.equals(name) || (!name.isEmpty() && host.endsWith("." + name)));
        Proxy proxy = "https".equals(address.getScheme()) ? forHttps : forHttp;
        return isDirect || proxy == null ? Proxy.NO_PROXY : proxy;
    }

    private static String either(Map<String, String> environment, String lowerCaseName) {
        String value = environment.getOrDefault(lowerCaseName, "");
        return value.isBlank() ? environment.getOrDefault(lowerCaseName.toUpperCase(Locale.ROOT), "") : value;
    }

    private static @Nullable Proxy proxy(String address) {
        if (address.isBlank()) {
            return null;
        }
        try {
            URI uri = URI.create(address.contains("://") ? address : "http://" + address);
            if (uri.getHost() != null) {
                int port = uri.getPort() < 0 ? 80 : uri.getPort();
                return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(uri.getHost(), port));
            }
        } catch (IllegalArgumentException e) {
            throw new ModelException("The proxy address in HTTPS_PROXY or HTTP_PROXY is no address: correct it.", e);
        }
        throw new ModelException("The proxy address in HTTPS_PROXY or HTTP_PROXY has no host: correct it.");
    }
}

package dev.caravan.server.models.catalogue;

import dev.caravan.server.models.catalogue.ModelSource.HubRepository;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The Hugging Face hub, or a mirror that speaks its interface: finds a file of a repository with its LFS hash, and opens
 * its bytes from any position. Honours {@code HF_ENDPOINT}, {@code HF_TOKEN} and {@code HTTPS_PROXY}. The token goes to
 * the hub only, never to the storage that it redirects to.
 */
final class HubClient {

    static final String DEFAULT_ENDPOINT = "https://huggingface.co";

    private static final int REDIRECTS_MAX = 6;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final URI endpoint;
    private final @Nullable String token;
    private final Proxies proxies;
    private final Duration readTimeout;

    /** @param readTimeout how long a connection may stay silent */
    HubClient(URI endpoint, @Nullable String token, Proxies proxies, Duration readTimeout) {
        this.endpoint = endpoint;
        this.token = token;
        this.proxies = proxies;
        this.readTimeout = readTimeout;
    }

    static HubClient fromEnvironment(Map<String, String> environment) {
        String endpoint = environment.getOrDefault("HF_ENDPOINT", "");
        String token = environment.getOrDefault("HF_TOKEN", "").strip();
        URI address = parse(endpoint.isBlank() ? DEFAULT_ENDPOINT : endpoint.strip());
        return new HubClient(
                address, token.isEmpty() ? null : token, Proxies.fromEnvironment(environment), Duration.ofSeconds(60));
    }

    private static URI parse(String endpoint) {
        String trimmed = endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint;
        try {
            URI uri = URI.create(trimmed);
            if (uri.getHost() != null && isHttp(uri)) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw badEndpoint(endpoint, e);
        }
        throw badEndpoint(endpoint, null);
    }

    private static ModelException badEndpoint(String endpoint, @Nullable Throwable cause) {
        String message = "HF_ENDPOINT is '" + endpoint + "', which is no web address: set it to something like "
                + DEFAULT_ENDPOINT + " or unset it.";
        return cause == null ? new ModelException(message) : new ModelException(message, cause);
    }

    /** The files of a repository at the commit that the revision names now. */
    HubListing list(HubRepository repository) throws IOException {
        String base = "/api/models/" + repository.repository();
        String commit = json(base + "/revision/" + encode(repository.revision()), repository)
                .path("sha")
                .asString(repository.revision());
        List<HubFile> files = new ArrayList<>();
        for (JsonNode entry : json(base + "/tree/" + encode(commit) + "?recursive=true", repository)) {
            if (entry.path("type").asString("file").equals("file")) {
                files.add(file(repository, commit, entry.path("path").asString(""), entry));
            }
        }
        return new HubListing(repository, files);
    }

    private HubFile file(HubRepository repository, String commit, String path, JsonNode entry) {
        // A file without LFS is known by git's own hash of its bytes.
        String hash = (entry.has("lfs") ? entry.path("lfs") : entry)
                .path("oid")
                .asString("")
                .toLowerCase(Locale.ROOT);
        hash = hash.startsWith("sha256:") ? hash.substring("sha256:".length()) : hash;
        String encodedPath = encode(path).replace("%2F", "/");
        return new HubFile(
                path,
                entry.path("lfs").path("size").asLong(entry.path("size").asLong(-1)),
                hash,
                URI.create(
                        endpoint + "/" + repository.repository() + "/resolve/" + encode(commit) + "/" + encodedPath));
    }

    private JsonNode json(String path, HubRepository repository) throws IOException {
        HttpURLConnection connection = open(URI.create(endpoint + path), 0);
        try {
            check(connection, repository.repository());
            try (InputStream in = connection.getInputStream()) {
                return MAPPER.readTree(Bytes.readBounded(in, "the hub's answer"));
            }
        } catch (JacksonException e) {
            throw new ModelException(
                    endpoint + " does not answer like the Hugging Face hub: check HF_ENDPOINT and the proxy.", e);
        } finally {
            connection.disconnect();
        }
    }

    /**
     * Opens a file's bytes.
     *
     * @param offset where to begin; the answer may begin at 0 nevertheless
     * @param repository named in errors
     */
    Body open(HubFile file, long offset, String repository) throws IOException {
        HttpURLConnection connection = open(file.address(), offset);
        int status = connection.getResponseCode();
        if (status == 416) {
            connection.disconnect();
            return new Body(InputStream.nullInputStream(), offset);
        }
        check(connection, repository);
        return new Body(connection.getInputStream(), status == HttpURLConnection.HTTP_PARTIAL ? offset : 0);
    }

    /** Bytes from a position on. */
    record Body(InputStream in, long offset) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    private HttpURLConnection open(URI address, long offset) throws IOException {
        URI current = address;
        for (int redirect = 0; redirect <= REDIRECTS_MAX; redirect++) {
            HttpURLConnection connection =
                    (HttpURLConnection) current.toURL().openConnection(proxies.forAddress(current));
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
            connection.setReadTimeout((int) readTimeout.toMillis());
            connection.setRequestProperty("User-Agent", "caravan");
            if (token != null && isHub(current)) {
                connection.setRequestProperty("Authorization", "Bearer " + token);
            }
            if (offset > 0) {
                connection.setRequestProperty("Range", "bytes=" + offset + "-");
            }
            Optional<String> location = redirect(connection);
            if (location.isEmpty()) {
                return connection;
            }
            connection.disconnect();
            URI next = current.resolve(location.get());
            if (!isHttp(next)
                    || (current.getScheme().equals("https") && !next.getScheme().equals("https"))) {
                throw new IOException("the hub redirects to an address that is not https");
            }
            current = next;
        }
        throw new IOException("the hub redirects without an end");
    }

    private static Optional<String> redirect(HttpURLConnection connection) throws IOException {
        return switch (connection.getResponseCode()) {
            case 301, 302, 303, 307, 308 -> Optional.ofNullable(connection.getHeaderField("Location"));
            default -> Optional.empty();
        };
    }

    private void check(HttpURLConnection connection, String repository) throws IOException {
        int status = connection.getResponseCode();
        switch (status) {
            case 200, 206 -> {}
            case 401, 403 ->
                throw new ModelException("The hub refuses " + repository + (token == null ? " without a login" : "")
                        + ": accept its licence on its page there, make a read token and set "
                        + (token == null ? "HF_TOKEN." : "HF_TOKEN to a token of that account."));
            case 404 ->
                throw new ModelException("The hub has no " + repository + " (or not at this revision): choose another"
                        + " model, or correct " + Catalogue.USER_FILE + ".");
            case 429 -> throw new IOException("the hub asks to slow down (status 429); try again in a few minutes");
            default -> throw new IOException("the hub answered with status " + status);
        }
    }

    private boolean isHub(URI address) {
        return address.getScheme().equals(endpoint.getScheme())
                && address.getAuthority().equals(endpoint.getAuthority());
    }

    private static boolean isHttp(URI address) {
        return "https".equals(address.getScheme()) || "http".equals(address.getScheme());
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** {@code *} stands for anything but a slash at the beginning of a name as well. */
    static Pattern wildcard(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (String literal : pattern.split("\\*", -1)) {
            regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
        }
        return Pattern.compile(regex.toString(), Pattern.CASE_INSENSITIVE);
    }
}

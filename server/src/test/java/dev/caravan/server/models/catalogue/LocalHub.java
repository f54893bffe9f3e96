package dev.caravan.server.models.catalogue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A server on the loopback interface that speaks the hub's interface for one repository with one large file: commit of a
 * revision, list of files with LFS hashes, redirect of the download to another port, which stands for the storage.
 */
final class LocalHub implements AutoCloseable {

    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private final HttpServer hub;
    private final HttpServer storage;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final byte[] content;
    final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
    final List<String> storageAuthorizations = Collections.synchronizedList(new ArrayList<>());

    /** Text files of the repository {@code owner/folder}, by name, and git's hashes of the small ones. */
    final Map<String, String> folder = new TreeMap<>();

    final Map<String, String> gitHashes = new TreeMap<>();
    final List<String> downloads = Collections.synchronizedList(new ArrayList<>());

    /** What the hub says the hash is. */
    volatile String announcedSha256;

    /** Bytes after which each download breaks; 0 for never. */
    volatile int breakAfterBytes;

    /** Whether {@code Range} is understood. */
    volatile boolean resumable = true;

    /** Whether the bytes sent are other ones than those announced. */
    volatile boolean damaged;

    /** A token without which everything is refused. */
    volatile @Nullable String requiredToken;

    LocalHub(byte[] content) throws IOException {
        this.content = content.clone();
        this.announcedSha256 = sha256(content);
        this.hub = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        this.storage = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        hub.setExecutor(executor);
        storage.setExecutor(executor);
        hub.createContext("/", this::answer);
        storage.createContext("/", this::send);
        hub.start();
        storage.start();
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of()
                    .formatHex(
                            java.security.MessageDigest.getInstance("SHA-256").digest(content));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        if (requiredToken != null && !("Bearer " + requiredToken).equals(token)) {
            respond(exchange, 401, "{\"error\":\"Access to this model is restricted.\"}");
        } else if (path.equals("/api/models/owner/model-gguf/revision/main")) {
            respond(exchange, 200, "{\"sha\":\"" + COMMIT + "\"}");
        } else if (path.equals("/api/models/owner/model-gguf/tree/" + COMMIT)) {
            respond(exchange, 200, """
                    [{"type":"file","oid":"aa","size":10,"path":"README.md"},
                     {"type":"file","oid":"bb","size":%d,"path":"Model.Q4_K_M.gguf",
                      "lfs":{"oid":"%s","size":%d,"pointerSize":134}}]""".formatted(content.length, announcedSha256, content.length));
        } else if (path.equals("/owner/model-gguf/resolve/" + COMMIT + "/Model.Q4_K_M.gguf")) {
            exchange.getResponseHeaders()
                    .set("Location", "http://127.0.0.1:" + storage.getAddress().getPort() + "/blob?signature=x");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        } else if (path.equals("/api/models/owner/folder/revision/main")) {
            respond(exchange, 200, "{\"sha\":\"" + COMMIT + "\"}");
        } else if (path.equals("/api/models/owner/folder/tree/" + COMMIT)) {
            respond(exchange, 200, listing());
        } else if (folder.containsKey(path.substring(path.lastIndexOf('/') + 1))) {
            String name = path.substring(path.lastIndexOf('/') + 1);
            downloads.add(name);
            respond(exchange, 200, folder.getOrDefault(name, ""));
        } else {
            respond(exchange, 404, "{\"error\":\"Repository not found\"}");
        }
    }

    /** Names that begin with {@code model} are large files, the others are known by git's hash only. */
    private String listing() {
        List<String> entries = new ArrayList<>();
        folder.forEach((name, text) -> {
            int size = text.getBytes(StandardCharsets.UTF_8).length;
            String lfs = name.startsWith("model")
                    ? ",\"lfs\":{\"oid\":\"%s\",\"size\":%d}"
                            .formatted(sha256(text.getBytes(StandardCharsets.UTF_8)), size)
                    : "";
            entries.add("{\"type\":\"file\",\"oid\":\"%s\",\"size\":%d,\"path\":\"%s\"%s}"
                    .formatted(gitHashes.getOrDefault(name, ""), size, name, lfs));
        });
        return "[{\"type\":\"directory\",\"oid\":\"aa\",\"size\":0,\"path\":\"sub\"}," + String.join(",", entries)
                + "]";
    }

    private void send(HttpExchange exchange) throws IOException {
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        if (authorization != null) {
            storageAuthorizations.add(authorization);
        }
        String range = exchange.getRequestHeaders().getFirst("Range");
        ranges.add(range == null ? "" : range);
        int from = range == null || !resumable ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
        int length = content.length - from;
        exchange.sendResponseHeaders(range == null || !resumable ? 200 : 206, length);
        int sent = breakAfterBytes > 0 ? Math.min(breakAfterBytes, length) : length;
        byte[] bytes = java.util.Arrays.copyOfRange(content, from, from + sent);
        if (damaged) {
            bytes[bytes.length - 1] ^= 1;
        }
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static void respond(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        hub.stop(0);
        storage.stop(0);
        executor.close();
    }
}

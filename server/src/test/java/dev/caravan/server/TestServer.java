package dev.caravan.server;

import dev.caravan.testkit.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real server on a free port with a home of its own, real PostgreSQL and real models, and a client to it. {@link
 * #shared} is one for all tests, since a start takes seconds.
 */
final class TestServer implements AutoCloseable {

    static final JsonMapper JSON = JsonMapper.shared();

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static @Nullable TestServer shared;

    private final ConfigurableApplicationContext context;
    private final int port;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private TestServer(ConfigurableApplicationContext context) {
        this.context = context;
        this.port = Objects.requireNonNull(((WebServerApplicationContext) context).getWebServer())
                .getPort();
    }

    /** An answer: its status, headers and body. */
    record Answer(int status, HttpResponse<String> response) {

        JsonNode json() {
            return JSON.readTree(response.body());
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }
    }

    /** The server of all tests that change no setting; its models may still be loading. */
    static synchronized TestServer shared() {
        if (shared == null) {
            TestServer server = start(temporaryHome());
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            shared = server;
        }
        return shared;
    }

    /** A server of its own. */
    static TestServer start(Path home, String... arguments) {
        Map<String, String> all = new LinkedHashMap<>();
        for (List<String> some : List.of(defaults(home), List.of(arguments))) {
            some.forEach(argument -> all.put(argument.substring(0, argument.indexOf('=')), argument));
        }
        return new TestServer(new SpringApplicationBuilder(CaravanServer.class)
                .registerShutdownHook(false)
                .run(all.values().toArray(String[]::new)));
    }

    private static List<String> defaults(Path home) {
        return List.of(
                "--server.port=0",
                "--caravan.home=" + home,
                "--caravan.model=" + TestModels.gemma3(),
                "--caravan.embedding-model=" + TestModels.e5Small(),
                "--logging.level.root=WARN",
                "--logging.level.dev.caravan=INFO");
    }

    static Path temporaryHome() {
        try {
            return Files.createTempDirectory("caravan-test-home");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    HttpClient client() {
        return client;
    }

    Answer get(String path) {
        return send(HttpRequest.newBuilder(uri(path)).GET());
    }

    Answer delete(String path) {
        return send(HttpRequest.newBuilder(uri(path)).DELETE());
    }

    Answer post(String path, String json) {
        return send(json(path, "POST", json));
    }

    Answer patch(String path, String json) {
        return send(json(path, "PATCH", json));
    }

    HttpRequest.Builder json(String path, String method, String json) {
        return HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(json));
    }

    Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response =
                    client.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
            return new Answer(response.statusCode(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    Answer upload(String filename, byte[] content) {
        String boundary = "caravan-test-boundary";
        List<byte[]> body = List.of(
                ("--" + boundary + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n--"
                                + boundary
                                + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + filename
                                + "\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                        .getBytes(StandardCharsets.UTF_8),
                content,
                ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
        return send(HttpRequest.newBuilder(uri("/v1/files"))
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(BodyPublishers.ofByteArrays(body)));
    }

    /** Uploads a text and waits until it has been ingested; its file id. */
    String ingest(String vectorStoreId, String filename, String text) {
        String fileId = upload(filename, text.getBytes(StandardCharsets.UTF_8))
                .json()
                .get("id")
                .stringValue();
        post("/v1/vector_stores/" + vectorStoreId + "/files", "{\"file_id\":\"" + fileId + "\"}");
        JsonNode file = awaitFile(vectorStoreId, fileId);
        if (!file.get("status").stringValue().equals("completed")) {
            throw new AssertionError(file.toPrettyString());
        }
        return fileId;
    }

    /** The file when its job has ended. */
    JsonNode awaitFile(String vectorStoreId, String fileId) {
        return await(
                        "/v1/vector_stores/" + vectorStoreId + "/files/" + fileId,
                        answer -> !answer.json().get("status").stringValue().equals("in_progress"))
                .json();
    }

    void awaitReady() {
        await("/actuator/health/readiness", answer -> answer.status() == 200);
    }

    Answer await(String path, Predicate<Answer> isDone) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Answer answer = get(path);
        while (!isDone.test(answer)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(
                        path + " after " + PATIENCE + ": " + answer.response().body());
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            answer = get(path);
        }
        return answer;
    }

    String newVectorStore() {
        return post("/v1/vector_stores", "{\"name\":\"test\"}").json().get("id").stringValue();
    }

    @Override
    public void close() {
        context.close();
    }
}

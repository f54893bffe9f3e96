package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.server.TestServer.Answer;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a page of another site cannot use the server through its owner's browser. Method: requests as browsers send them. */
final class RequestGuardTest {

    private final TestServer server = TestServer.shared();

    private HttpRequest.Builder system() {
        return HttpRequest.newBuilder(server.uri("/api/system"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "localhost:8080", "127.0.0.1:%d", "[::1]:%d", "LOCALHOST:1234"})
    void answersToItsOwnNames(String host) {
        assertThat(server.send(system().header("Host", host.formatted(server.port())))
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:%d",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "192.168.0.7:%d",
                "localhost:80:80",
                "[::2]",
                "localhost@evil.example"
            })
    void refusesAForeignHost(String host) {
        Answer answer = server.send(system().header("Host", host.formatted(server.port())));

        assertThat(answer.status()).isIn(400, 403);
        assertThat(answer.response().body()).doesNotContain("embedding_model");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.example",
                "null",
                "http://localhost:1",
                "https://127.0.0.1:%d",
                "http://localhost:%d.evil.example"
            })
    void refusesAForeignOrigin(String origin) {
        Answer answer = server.send(system().header("Origin", origin.formatted(server.port())));

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.json().at("/error/code").stringValue()).isEqualTo("forbidden_origin");
    }

    @Test
    void answersItsOwnOrigin() {
        assertThat(server.send(system().header("Origin", "http://127.0.0.1:" + server.port()))
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"same-origin,200", "none,200", "cross-site,403", "same-site,403", "anything,403"})
    void looksAtSecFetchSite(String site, int status) {
        assertThat(server.send(system().header("Sec-Fetch-Site", site)).status())
                .isEqualTo(status);
    }

    @Test
    void aLinkElsewhereMayOpenThePageButNotTheInterface() {
        assertThat(server.send(fromLink("/documents")).status()).isNotEqualTo(403);
        assertThat(server.send(fromLink("/api/system")).status()).isEqualTo(403);
        assertThat(server.send(fromLink("/v1/files")).status()).isEqualTo(403);
    }

    private HttpRequest.Builder fromLink(String path) {
        return HttpRequest.newBuilder(server.uri(path))
                .header("Sec-Fetch-Site", "cross-site")
                .header("Sec-Fetch-Mode", "navigate")
                .header("Sec-Fetch-Dest", "document");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/jsonp"
            })
    void jsonRoutesReadJsonOnly(String type) {
        Answer answer = server.send(HttpRequest.newBuilder(server.uri("/v1/vector_stores"))
                .header("Content-Type", type)
                .POST(BodyPublishers.ofString("{}")));

        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.json().at("/error/code").stringValue()).isEqualTo("unsupported_media_type");
        assertThat(answer.json().at("/error/type").stringValue()).isEqualTo("invalid_request_error");
    }

    @Test
    void aBodyWithoutATypeIsRefused() {
        Answer answer = server.send(
                HttpRequest.newBuilder(server.uri("/v1/vector_stores")).POST(BodyPublishers.ofString("{}")));

        assertThat(answer.status()).isEqualTo(415);
    }

    @Test
    void everyAnswerCarriesTheHeaders() {
        for (String path : new String[] {"/api/system", "/v1/nothing", "/documents"}) {
            Answer answer = server.get(path);
            assertThat(answer.header("Content-Security-Policy"))
                    .contains(
                            "default-src 'none'", "script-src 'self'", "img-src 'self' data:", "frame-ancestors 'none'")
                    .doesNotContain("script-src 'self' 'unsafe-inline'");
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
            assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
        }
    }
}

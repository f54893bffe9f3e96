package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.server.TestServer.Answer;
import dev.caravan.server.config.CaravanHome;
import dev.caravan.server.config.CaravanProperties;
import dev.caravan.server.config.StartupException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** Goal: a start is refused with a sentence or finds everything as it was. Method: servers of its own, started and stopped. */
final class StartTest {

    private static CaravanProperties properties(@Nullable Path home, @Nullable String host) {
        return new CaravanProperties(home, null, null, null, null, host, null, null, null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "::1", "[::1]", "127.0.0.2", ""})
    void listensOnLoopback(String host) {
        assertThat(properties(null, host).listenAddress().isLoopbackAddress()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0.0.0.0", "192.168.0.2", "::", "example.org", "localhost.example.org", "127.0.0.1.example.org"})
    void refusesEveryOtherAddress(String host) {
        assertThatThrownBy(() -> properties(null, host).listenAddress())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("'" + host + "'");
    }

    @Test
    void oneServerHoldsAHomeAndNobodyElseMayReadIt(@TempDir Path directory) throws IOException {
        Path home = directory.resolve("home");
        try (CaravanHome held = new CaravanHome(properties(home, null))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(held.directory())))
                    .isEqualTo("rwx------");
            assertThatThrownBy(() -> new CaravanHome(properties(home, null)))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("already running");
        }
        new CaravanHome(properties(home, null)).close();
    }

    @Test
    void aRestartFindsWhatWasThereAndFinishesWhatWasInterrupted() throws IOException {
        Path home = TestServer.temporaryHome();
        String store;
        String done;
        String interrupted;
        String conversation;
        try (TestServer server = TestServer.start(home, "--caravan.model=none")) {
            server.awaitReady();
            store = server.get("/api/system")
                    .json()
                    .get("default_vector_store_id")
                    .stringValue();
            done = server.ingest(store, "휴가 규정.md", SampleDocuments.LEAVE_RULES);
            interrupted = server.upload("보안.txt", SampleDocuments.SECURITY_RULES.getBytes(StandardCharsets.UTF_8))
                    .json()
                    .get("id")
                    .stringValue();
            conversation = server.post("/api/conversations", "{\"title\":\"어제\"}")
                    .json()
                    .get("id")
                    .stringValue();
            leaveBehindAKilledServersWork(server, store, interrupted, conversation);
        }
        Files.writeString(home.resolve("files").resolve("file-orphan.part"), "half an upload");

        try (TestServer server = TestServer.start(home, "--caravan.model=none")) {
            assertThat(server.get("/v1/files/" + done).status()).isEqualTo(200);
            assertThat(server.awaitFile(store, interrupted).get("status").stringValue())
                    .isEqualTo("completed");
            JsonNode messages =
                    server.get("/api/conversations/" + conversation).json().get("messages");
            assertThat(messages.at("/0/versions/0/status").stringValue()).isEqualTo("stopped");
            assertThat(messages.at("/1/versions/0/status").stringValue()).isEqualTo("failed");
            assertThat(server.get("/api/system")
                            .json()
                            .get("default_vector_store_id")
                            .stringValue())
                    .isEqualTo(store);
            assertThat(names(home.resolve("files"))).containsExactlyInAnyOrder(done, interrupted);
            assertNoModelIsExplained(server);
        }
        assertThat(names(home)).doesNotContain("backups");
    }

    /** What a kill in the middle leaves: a job that is taken and has begun, and answers that were being written. */
    private static void leaveBehindAKilledServersWork(
            TestServer server, String store, String file, String conversation) {
        JdbcClient jdbc = server.bean(JdbcClient.class);
        jdbc.sql(
                        "INSERT INTO vector_store_file (vector_store_id, file_id, status, stage, progress, attempts, created_at)"
                                + " VALUES (?, ?, 'in_progress', 'embedding', 0.5, 1, now())")
                .params(store, file)
                .update();
        jdbc.sql(
                        "INSERT INTO scheduled_tasks (task_name, task_instance, execution_time, picked, picked_by,"
                                + " last_heartbeat, version) VALUES ('ingest-document', ?, now(), true, 'a dead server', now(), 1)")
                .param(store + "/" + file)
                .update();
        for (String content : List.of("쓰다 만 답", "")) {
            String message = "msg_" + content.length();
            jdbc.sql("INSERT INTO message (id, conversation_id, role, created_at) VALUES (?, ?, 'assistant', now())")
                    .params(message, conversation)
                    .update();
            jdbc.sql("INSERT INTO message_version (id, message_id, status, content, created_at)"
                            + " VALUES (?, ?, 'streaming', ?, now())")
                    .params("msgv_" + content.length(), message, content)
                    .update();
        }
    }

    private static void assertNoModelIsExplained(TestServer server) {
        server.awaitReady();
        JsonNode system = server.get("/api/system").json();
        assertThat(system.at("/model/status").stringValue()).isEqualTo("none");
        assertThat(system.at("/model/id").isNull()).isTrue();
        Answer answer = server.post(
                "/v1/chat/completions", "{\"model\":\"default\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().at("/error/code").stringValue()).isEqualTo("model_not_ready");
    }

    @Test
    void anOlderDatabaseIsBackedUpBeforeItIsMigrated() throws IOException {
        Path home = TestServer.temporaryHome();
        try (TestServer server = TestServer.start(home, "--caravan.model=none", "--spring.flyway.target=3")) {
            server.bean(JdbcClient.class)
                    .sql(
                            "INSERT INTO conversation (id, title, created_at, updated_at) VALUES ('conv_old', '옛것', now(), now())")
                    .update();
        }
        try (TestServer server = TestServer.start(home, "--caravan.model=none")) {
            assertThat(server.get("/api/conversations/conv_old")
                            .json()
                            .get("title")
                            .stringValue())
                    .isEqualTo("옛것");
        }

        List<String> backups = names(home.resolve("backups"));
        assertThat(backups).singleElement().asString().startsWith("before-migration-from-3-");
        Path backup = home.resolve("backups").resolve(backups.getFirst());
        assertThat(Files.size(backup)).isPositive();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
                .isEqualTo("rw-------");
    }

    private static List<String> names(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        }
        return names;
    }
}

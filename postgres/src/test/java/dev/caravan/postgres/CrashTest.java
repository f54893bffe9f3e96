package dev.caravan.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: no acknowledged row is lost, whoever is killed. Method: a child JVM writes rows and prints each one that was
 * acknowledged; it, its PostgreSQL, or both are killed with SIGKILL; a new start must have every printed row.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class CrashTest {

    private static final int ROWS_BEFORE_KILL = 200;

    @TempDir
    Path home;

    @AfterEach
    void nothingIsLeftRunning() throws IOException {
        long pid = PostmasterFile.read(TestHome.data(home))
                .map(PostmasterFile::pid)
                .orElse(0L);
        assertThat(pid == 0 || !ProcessTable.isRunning(pid))
                .as("PostgreSQL stopped")
                .isTrue();
        TestHome.clean(home);
    }

    @Test
    void acknowledgedRowsOutliveAKilledJvmWhoseServerIsTakenOver() throws Exception {
        Writer writer = Writer.start(home);
        int acknowledged = writer.awaitRows(ROWS_BEFORE_KILL);
        writer.kill();
        acknowledged = Math.max(acknowledged, writer.lastRow());

        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            assertThat(postgres.wasAdopted()).isTrue();
            assertRows(postgres, acknowledged);
        }
    }

    @Test
    void acknowledgedRowsOutliveAKilledPostgresThatIsStartedAgain() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            TestDatabase.execute(postgres.address(), "CREATE TABLE row (id int PRIMARY KEY)");
            for (int id = 1; id <= 50; id++) {
                TestDatabase.execute(postgres.address(), "INSERT INTO row VALUES (" + id + ")");
            }
            long before = pid();
            killHard(before);

            assertThat(Pauses.await(Duration.ofSeconds(60), () -> answers(postgres)))
                    .isTrue();
            assertThat(pid()).isNotEqualTo(before);
            assertRows(postgres, 50);
        }
    }

    @Test
    void acknowledgedRowsOutliveBothKilled() throws Exception {
        int acknowledged = 0;
        int rounds = "true".equals(System.getenv("CARAVAN_SLOW_TESTS")) ? 8 : 2;
        for (int round = 0; round < rounds; round++) {
            Writer writer = Writer.start(home);
            acknowledged = writer.awaitRows(acknowledged + ROWS_BEFORE_KILL);
            long server = pid();
            writer.kill();
            killHard(server);
            acknowledged = Math.max(acknowledged, writer.lastRow());
        }

        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            assertThat(postgres.wasAdopted()).isFalse();
            assertRows(postgres, acknowledged);
        }
    }

    @Test
    void aStalePidFileOfAnotherProcessIsNotBelieved() throws Exception {
        EmbeddedPostgres.start(PostgresSettings.inHome(home)).close();
        Path pidFile = TestHome.data(home).resolve(PostmasterFile.NAME);
        // This JVM's own id: alive, and no PostgreSQL.
        Files.writeString(
                pidFile, ProcessHandle.current().pid() + "\n" + home + "\n1\n5432\n\n127.0.0.1\n 1 1\nready   \n");

        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            assertThat(postgres.wasAdopted()).isFalse();
            assertThat(TestDatabase.value(postgres.address(), "SELECT 1")).isEqualTo("1");
        }
    }

    private long pid() {
        return PostmasterFile.read(TestHome.data(home)).orElseThrow().pid();
    }

    private static void killHard(long pid) {
        assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    }

    private static boolean answers(EmbeddedPostgres postgres) {
        try {
            return TestDatabase.value(postgres.address(), "SELECT 1").equals("1");
        } catch (SQLException e) {
            return false;
        }
    }

    private static void assertRows(EmbeddedPostgres postgres, int acknowledged) throws SQLException {
        assertThat(acknowledged).isPositive();
        assertThat(TestDatabase.value(
                        postgres.address(), "SELECT count(*) FROM row WHERE id BETWEEN 1 AND " + acknowledged))
                .isEqualTo(Integer.toString(acknowledged));
    }

    /** The child JVM and the rows that it has printed. */
    private static final class Writer {

        private final Process process;
        private final BufferedReader output;
        private int lastRow;

        private Writer(Process process) {
            this.process = process;
            this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        static Writer start(Path home) throws IOException {
            return new Writer(new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            WriterProcess.class.getName(),
                            home.toString()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }

        /** Reads until the row of that number was acknowledged. */
        int awaitRows(int row) throws IOException {
            while (lastRow < row) {
                String line = output.readLine();
                assertThat(line).as("the writer goes on").isNotNull();
                lastRow = Integer.parseInt(line.strip());
            }
            return lastRow;
        }

        void kill() throws InterruptedException {
            // Process.destroyForcibly would also close the stream that holds the last rows.
            process.toHandle().destroyForcibly();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }

        /** What was printed before the kill but not read yet; a half line was not acknowledged. */
        int lastRow() throws IOException {
            StringBuilder rest = new StringBuilder();
            for (int character = output.read(); character >= 0; character = output.read()) {
                rest.append((char) character);
            }
            int end = rest.lastIndexOf("\n");
            return rest.substring(0, Math.max(end, 0))
                    .lines()
                    .mapToInt(Integer::parseInt)
                    .max()
                    .orElse(lastRow);
        }
    }
}

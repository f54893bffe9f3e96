package dev.caravan.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseDumpTest {

    @TempDir
    Path directory;

    @Test
    void aRestoredDumpHoldsWhatTheDatabaseHeldAndNothingElse() throws Exception {
        Path file = directory.resolve("backup.dump");
        try (EmbeddedPostgres first = EmbeddedPostgres.start(PostgresSettings.inHome(directory.resolve("first")))) {
            TestDatabase.execute(
                    first.address(),
                    "CREATE EXTENSION vector",
                    "CREATE TABLE segment (id int PRIMARY KEY, text text, embedding halfvec(2))",
                    "INSERT INTO segment VALUES (1, '연차 휴가는 15일', '[0.5,1]')",
                    "CREATE INDEX ON segment USING hnsw (embedding halfvec_cosine_ops)");
            DatabaseDump.dump(first.distribution(), first.address(), file);
            // Changed after the dump: undone by the restore.
            TestDatabase.execute(
                    first.address(),
                    "UPDATE segment SET text = 'changed'",
                    "CREATE TABLE later (id int REFERENCES segment)");
            DatabaseDump.restore(first.distribution(), first.address(), file);
            assertThat(TestDatabase.value(first.address(), "SELECT text FROM segment"))
                    .isEqualTo("연차 휴가는 15일");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (EmbeddedPostgres second = EmbeddedPostgres.start(PostgresSettings.inHome(directory.resolve("second")))) {
            DatabaseDump.restore(second.distribution(), second.address(), file);
            assertThat(TestDatabase.value(second.address(), "SELECT text || embedding FROM segment"))
                    .isEqualTo("연차 휴가는 15일[0.5,1]");
        }
    }

    @Test
    void aDamagedDumpChangesNothingAndIsNamed() throws Exception {
        Path file = directory.resolve("backup.dump");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(directory.resolve("home")))) {
            TestDatabase.execute(
                    postgres.address(),
                    "CREATE TABLE note AS SELECT id, md5(id::text) AS text FROM generate_series(1, 5000) AS id");
            DatabaseDump.dump(postgres.distribution(), postgres.address(), file);
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));

            assertThatThrownBy(() -> DatabaseDump.restore(postgres.distribution(), postgres.address(), file))
                    .isInstanceOf(PostgresException.class)
                    .hasMessageStartingWith("PostgreSQL could not");
            assertThat(TestDatabase.value(postgres.address(), "SELECT count(*) FROM note"))
                    .isEqualTo("5000");
        }
    }

    @Test
    void anUnreachableDatabaseIsNamedWithoutItsPassword() {
        DatabaseAddress nowhere = DatabaseAddress.ofJdbcUrl(
                "jdbc:postgresql://127.0.0.1:1/caravan?user=u&password=sec%20ret&sslmode=disable", null, null);
        assertThat(nowhere.password()).isEqualTo("sec ret");
        assertThat(nowhere.toString()).doesNotContain("sec");

        PostgresDistribution distribution = PostgresDistribution.obtain(PostgresSettings.inHome(directory));
        assertThatThrownBy(() -> DatabaseDump.dump(distribution, nowhere, directory.resolve("x.dump")))
                .isInstanceOf(PostgresException.class)
                .hasMessageContaining("127.0.0.1:1")
                .hasMessageNotContaining("sec ret");
        assertThat(directory).isEmptyDirectory();
    }
}

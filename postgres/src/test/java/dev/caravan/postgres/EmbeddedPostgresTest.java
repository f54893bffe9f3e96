package dev.caravan.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresTest {

    @TempDir
    Path home;

    @Test
    void rowsOutliveACleanStopAndThePortIsKept() throws Exception {
        int port;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            port = postgres.port();
            try (Connection connection = connect(postgres);
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE EXTENSION vector");
                statement.execute("CREATE EXTENSION pg_trgm");
                statement.execute("CREATE TABLE note (id int PRIMARY KEY, text text, embedding halfvec(3))");
                statement.execute("INSERT INTO note VALUES (1, '한국어', '[1,2,3]'), (2, 'English', '[9,9,-9]')");
                statement.execute("CREATE INDEX ON note USING hnsw (embedding halfvec_cosine_ops)");
                assertThat(value(statement, "SELECT id FROM note ORDER BY embedding <=> '[1,2,3]'::halfvec LIMIT 1"))
                        .isEqualTo("1");
                assertThat(value(statement, "SELECT similarity('한국어', '한국어')")).isEqualTo("1");
                assertThat(value(statement, "SHOW fsync")).isEqualTo("on");
                assertThat(value(statement, "SHOW data_checksums")).isEqualTo("on");
            }
        }
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            assertThat(postgres.wasAdopted()).isFalse();
            assertThat(postgres.port()).isEqualTo(port);
            try (Connection connection = connect(postgres);
                    Statement statement = connection.createStatement()) {
                assertThat(value(statement, "SELECT text FROM note WHERE id = 1"))
                        .isEqualTo("한국어");
            }
        }
    }

    @Test
    void onlyTheOwnerCanReadDataAndPassword() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            assertThat(permissions(home.resolve("postgres"))).isEqualTo("rwx------");
            assertThat(permissions(postgres.dataDirectory())).isEqualTo("rwx------");
            assertThat(permissions(home.resolve("postgres/password"))).isEqualTo("rw-------");
        }
    }

    private static String permissions(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static Connection connect(EmbeddedPostgres postgres) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
    }

    private static String value(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }
}

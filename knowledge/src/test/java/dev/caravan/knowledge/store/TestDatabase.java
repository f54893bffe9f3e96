package dev.caravan.knowledge.store;

import dev.caravan.postgres.EmbeddedPostgres;
import dev.caravan.postgres.PostgresSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The real embedded PostgreSQL with the module's tables: one server for all tests of a JVM, emptied for each. */
public final class TestDatabase {

    private static final DataSource DATA_SOURCE = start();

    private TestDatabase() {}

    /** The database with every table empty. */
    public static DataSource empty() {
        execute("TRUNCATE knowledge_document, knowledge_embedding_model CASCADE");
        return DATA_SOURCE;
    }

    /** Runs SQL as it is. */
    public static void execute(String sql) {
        try (Connection connection = DATA_SOURCE.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** A home under {@code target}; what the last run left there is gone first. */
    private static Path freshHome() throws IOException {
        Path home = Path.of("target", "test-home").toAbsolutePath();
        if (Files.exists(home)) {
            try (Stream<Path> files = Files.walk(home)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        return Files.createDirectories(home);
    }

    private static DataSource start() {
        try {
            Path home = freshHome();
            EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home));
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(postgres.jdbcUrl());
            source.setUser(postgres.user());
            source.setPassword(postgres.password());
            try (Connection connection = source.getConnection();
                    Statement statement = connection.createStatement();
                    InputStream script = TestDatabase.class.getResourceAsStream("/db/migration/V10__knowledge.sql")) {
                if (script == null) {
                    throw new AssertionError("the migration is missing");
                }
                statement.execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
            }
            return source;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}

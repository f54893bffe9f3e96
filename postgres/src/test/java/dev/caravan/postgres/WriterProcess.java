package dev.caravan.postgres;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;

/**
 * The program of a child JVM that tests kill: starts the database of a home and writes rows, one transaction each, and
 * prints a row's number once its commit was acknowledged.
 */
final class WriterProcess {

    private static final int ROWS_MAX = 100_000;

    private WriterProcess() {}

    public static void main(String[] arguments) throws Exception {
        EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(Path.of(arguments[0])));
        try (Connection connection = TestDatabase.connect(postgres.address());
                Statement statement = connection.createStatement();
                PreparedStatement insert =
                        connection.prepareStatement("INSERT INTO row VALUES (?, repeat('가', 500))")) {
            statement.execute("CREATE TABLE IF NOT EXISTS row (id int PRIMARY KEY, text text)");
            int first = Integer.parseInt(
                    TestDatabase.value(postgres.address(), "SELECT coalesce(max(id), 0) + 1 FROM row"));
            for (int id = first; id < first + ROWS_MAX; id++) {
                insert.setInt(1, id);
                insert.executeUpdate();
                System.out.println(id);
            }
        }
    }
}

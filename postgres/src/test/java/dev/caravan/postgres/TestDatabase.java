package dev.caravan.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** What the tests ask a database. */
final class TestDatabase {

    private TestDatabase() {}

    static Connection connect(DatabaseAddress address) throws SQLException {
        Properties login = new Properties();
        login.put("user", address.user());
        if (address.password() != null) {
            login.put("password", address.password());
        }
        return DriverManager.getConnection(address.jdbcUrl(), login);
    }

    static String value(DatabaseAddress address, String sql) throws SQLException {
        try (Connection connection = connect(address);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    static void execute(DatabaseAddress address, String... statements) throws SQLException {
        try (Connection connection = connect(address);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}

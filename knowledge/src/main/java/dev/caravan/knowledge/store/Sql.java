package dev.caravan.knowledge.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Runs the statements under {@code /sql/knowledge}: SQL is text in resources, values are bind parameters only. */
final class Sql {

    private static final Map<String, String> TEXTS = new ConcurrentHashMap<>();

    private Sql() {}

    /** Reads one row of a result. */
    @FunctionalInterface
    interface Row<T> {
        T map(ResultSet row) throws SQLException;
    }

    /**
     * The rows of a query.
     *
     * @param name file name of the statement without its ending
     * @param parameters bind values in order; a collection of strings or longs becomes an array
     */
    static <T> List<T> query(Connection connection, String name, Row<T> mapper, @Nullable Object... parameters) {
        try (PreparedStatement statement = connection.prepareStatement(text(name))) {
            bind(connection, statement, parameters);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> result = new ArrayList<>();
                while (rows.next()) {
                    result.add(mapper.map(rows));
                }
                return result;
            }
        } catch (SQLException e) {
            throw new StoreException(name, e);
        }
    }

    /** Runs a statement and returns the number of rows that it touched. */
    static int update(Connection connection, String name, @Nullable Object... parameters) {
        try (PreparedStatement statement = connection.prepareStatement(text(name))) {
            bind(connection, statement, parameters);
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new StoreException(name, e);
        }
    }

    /** Runs a statement once per list of parameters, in one batch. */
    static void batch(Connection connection, String name, List<@Nullable Object[]> rows) {
        try (PreparedStatement statement = connection.prepareStatement(text(name))) {
            for (@Nullable Object[] row : rows) {
                bind(connection, statement, row);
                statement.addBatch();
            }
            statement.executeBatch();
        } catch (SQLException e) {
            throw new StoreException(name, e);
        }
    }

    private static void bind(Connection connection, PreparedStatement statement, @Nullable Object[] parameters)
            throws SQLException {
        for (int index = 0; index < parameters.length; index++) {
            Object value = parameters[index];
            if (value instanceof IntegerArray integers) {
                statement.setArray(index + 1, connection.createArrayOf("integer", integers.toArray()));
            } else if (value instanceof Collection<?> values) {
                boolean numbers = !values.isEmpty() && values.iterator().next() instanceof Long;
                statement.setArray(index + 1, connection.createArrayOf(numbers ? "bigint" : "text", values.toArray()));
            } else {
                statement.setObject(index + 1, value);
            }
        }
    }

    private static String text(String name) {
        return TEXTS.computeIfAbsent(name, Sql::load);
    }

    private static String load(String name) {
        String resource = "/sql/knowledge/" + name + ".sql";
        try (InputStream in = Sql.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException("there is no statement " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

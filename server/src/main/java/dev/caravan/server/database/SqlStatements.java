package dev.caravan.server.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The SQL texts of one repository, read from {@code sql/NAME.sql}: each statement stands under a line {@code -- name:
 * NAME}. Immutable.
 */
public final class SqlStatements {

    private static final String MARK = "-- name: ";

    private final String file;
    private final Map<String, String> statements;

    private SqlStatements(String file, Map<String, String> statements) {
        this.file = file;
        this.statements = Map.copyOf(statements);
    }

    /**
     * Reads the statements of a repository.
     *
     * @throws IllegalArgumentException if there is no such file
     */
    public static SqlStatements of(String repository) {
        String file = "sql/" + repository + ".sql";
        try (InputStream stream = SqlStatements.class.getClassLoader().getResourceAsStream(file)) {
            if (stream == null) {
                throw new IllegalArgumentException(file + " is not on the class path");
            }
            return new SqlStatements(file, parse(new String(stream.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }

    private static Map<String, String> parse(String text) {
        Map<String, String> statements = new HashMap<>();
        @Nullable String name = null;
        StringBuilder statement = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            if (line.startsWith(MARK)) {
                put(statements, name, statement);
                name = line.substring(MARK.length()).strip();
            } else {
                statement.append(line).append('\n');
            }
        }
        put(statements, name, statement);
        return statements;
    }

    private static void put(Map<String, String> statements, @Nullable String name, StringBuilder statement) {
        if (name != null) {
            statements.put(name, statement.toString().strip());
        }
        statement.setLength(0);
    }

    /**
     * A statement.
     *
     * @throws IllegalArgumentException if the file has none of this name
     */
    public String get(String name) {
        String statement = statements.get(name);
        if (statement == null) {
            throw new IllegalArgumentException(file + " has no statement '" + name + "'");
        }
        return statement;
    }
}

package dev.caravan.postgres;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is and how to log in, as PostgreSQL's own tools and as JDBC want it said.
 *
 * @param host name or address
 * @param port TCP port
 * @param database name of the database
 * @param user who logs in
 * @param password null where the server asks for none
 * @param sslMode how much TLS the connection needs, {@code require} for Amazon RDS; null for the tools' default
 */
public record DatabaseAddress(
        String host,
        int port,
        String database,
        String user,
        @Nullable String password,
        @Nullable String sslMode) {

    private static final String PREFIX = "jdbc:postgresql://";
    private static final int DEFAULT_PORT = 5432;

    public DatabaseAddress {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port must be 1 to 65535: " + port);
        }
    }

    /**
     * Reads a JDBC URL, {@code jdbc:postgresql://host:port/database?user=...&password=...&sslmode=...}.
     *
     * @param user where the URL names none
     * @param password where the URL names none
     * @throws PostgresException when it is not such a URL
     */
    public static DatabaseAddress ofJdbcUrl(String url, @Nullable String user, @Nullable String password) {
        if (!url.startsWith(PREFIX)) {
            throw invalid();
        }
        URI uri;
        try {
            uri = URI.create("postgresql://" + url.substring(PREFIX.length()));
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
        Map<String, String> parameters =
                parameters(Optional.ofNullable(uri.getRawQuery()).orElse(""));
        @Nullable String host = uri.getHost();
        String path = Optional.ofNullable(uri.getPath()).orElse("");
        @Nullable String login = parameters.getOrDefault("user", user);
        if (host == null || path.length() < 2 || login == null) {
            throw invalid();
        }
        return new DatabaseAddress(
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
                path.substring(1),
                login,
                parameters.getOrDefault("password", password),
                parameters.get("sslmode"));
    }

    /** The JDBC URL without user and password. */
    public String jdbcUrl() {
        String name = host.contains(":") ? "[" + host + "]" : host;
        return PREFIX + name + ":" + port + "/" + database + (sslMode == null ? "" : "?sslmode=" + sslMode);
    }

    /** The same server's other database. */
    DatabaseAddress withDatabase(String other) {
        return new DatabaseAddress(host, port, other, user, password, sslMode);
    }

    /** Environment of libpq's tools, so that no password stands on a command line. */
    Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PGHOST", host);
        environment.put("PGPORT", Integer.toString(port));
        environment.put("PGDATABASE", database);
        environment.put("PGUSER", user);
        environment.put("PGPASSWORD", password == null ? "" : password);
        environment.put("PGCONNECT_TIMEOUT", "10");
        environment.put("PGCLIENTENCODING", "UTF8");
        if (sslMode != null) {
            environment.put("PGSSLMODE", sslMode);
        }
        return environment;
    }

    /** Without the password, since records end up in logs. */
    @Override
    public String toString() {
        return "DatabaseAddress[" + jdbcUrl() + ", user=" + user + "]";
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                parameters.put(
                        pair.substring(0, equals),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return parameters;
    }

    /** The URL itself is not repeated: it may hold a password. */
    private static PostgresException invalid() {
        return new PostgresException(
                "CARAVAN_DB_URL must read"
                        + " jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD (and sslmode=require for Amazon RDS).");
    }
}

package dev.caravan.server.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings that have a name in the environment: {@code CARAVAN_HOME}, {@code CARAVAN_DB_URL} and so on. Described in
 * docs/reference/configuration.md.
 *
 * @param home the directory of everything that Caravan keeps; empty means {@code ~/.caravan}
 * @param dbUrl a JDBC address of an external PostgreSQL, or empty for the embedded one
 * @param dbUser the external database's user, unless the address names one
 * @param dbPassword the external database's password, unless the address names one
 * @param files the directory of uploaded files; empty means {@code files} in the home
 * @param host the address to listen on; only the loopback interface is accepted
 * @param model a chat model's id, a path, {@code none}, or empty for the best that fits
 * @param adapter a folder as PEFT saves it, or a GGUF file: what the chat model answers with; empty for the model alone
 * @param embeddingModel an embedding model's id or path
 */
@ConfigurationProperties("caravan")
public record CaravanProperties(
        @Nullable Path home,
        @Nullable String dbUrl,
        @Nullable String dbUser,
        @Nullable String dbPassword,
        @Nullable Path files,
        @Nullable String host,
        @Nullable String model,
        @Nullable Path adapter,
        @Nullable String embeddingModel) {

    /** {@link #model()} of a server that answers no questions. */
    public static final String NO_MODEL = "none";

    private static final String LOOPBACK = "127.0.0.1";
    private static final String DEFAULT_EMBEDDING_MODEL = "multilingual-e5-small";
    private static final Pattern LITERAL_ADDRESS = Pattern.compile("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    /** The directory of everything that Caravan keeps, absolute. */
    public Path homeDirectory() {
        Path directory =
                home == null || home.toString().isBlank() ? Path.of(System.getProperty("user.home"), ".caravan") : home;
        return directory.toAbsolutePath().normalize();
    }

    /** The directory of uploaded files, absolute. */
    public Path filesDirectory() {
        return files == null || files.toString().isBlank()
                ? homeDirectory().resolve("files")
                : files.toAbsolutePath().normalize();
    }

    /** Whether an external database is used, so that no PostgreSQL is started. */
    public boolean hasExternalDatabase() {
        return dbUrl != null && !dbUrl.isBlank();
    }

    /** The chosen chat model, or the empty string for the best that fits. */
    public String requestedModel() {
        return model == null ? "" : model.strip();
    }

    /** The adapter of the chat model, absolute. */
    public Optional<Path> requestedAdapter() {
        return Optional.ofNullable(adapter)
                .filter(path -> !path.toString().isBlank())
                .map(path -> path.toAbsolutePath().normalize());
    }

    /** The chosen embedding model. */
    public String requestedEmbeddingModel() {
        return embeddingModel == null || embeddingModel.isBlank() ? DEFAULT_EMBEDDING_MODEL : embeddingModel.strip();
    }

    /**
     * The address to listen on.
     *
     * @throws StartupException if it is not on the loopback interface: there is no login yet
     */
    public InetAddress listenAddress() {
        String requested = host == null || host.isBlank() || host.equals("localhost") ? LOOPBACK : host.strip();
        if (requested.startsWith("[") && requested.endsWith("]")) {
            requested = requested.substring(1, requested.length() - 1);
        }
        // Only a literal address is looked at, so that no name server decides where Caravan listens.
        if (LITERAL_ADDRESS.matcher(requested).matches()) {
            try {
                InetAddress address = InetAddress.getByName(requested);
                if (address.isLoopbackAddress()) {
                    return address;
                }
            } catch (UnknownHostException e) {
                throw notLoopback(e);
            }
        }
        throw notLoopback(null);
    }

    private StartupException notLoopback(@Nullable Throwable cause) {
        return new StartupException(
                "CARAVAN_HOST is '%s', but this version of Caravan has no login and listens on this machine only."
                        .formatted(host),
                "Leave CARAVAN_HOST unset, or set it to localhost, 127.0.0.1 or ::1."
                        + " To use Caravan from another machine, forward the port: ssh -L 8080:localhost:8080 MACHINE.",
                cause == null ? new IllegalArgumentException("not a loopback address") : cause);
    }
}

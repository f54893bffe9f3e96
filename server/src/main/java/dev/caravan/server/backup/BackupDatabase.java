package dev.caravan.server.backup;

import dev.caravan.postgres.DatabaseAddress;
import dev.caravan.postgres.EmbeddedPostgres;
import dev.caravan.postgres.PostgresDistribution;
import dev.caravan.postgres.PostgresSettings;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The database of a home for as long as a command needs it: the external one of {@code CARAVAN_DB_URL}, the embedded one
 * that a running server has started, or else one that is started for the command and stopped after it.
 */
record BackupDatabase(
        PostgresDistribution distribution,
        DatabaseAddress address,
        @Nullable EmbeddedPostgres started) implements AutoCloseable {

    static BackupDatabase open(Path home, Map<String, String> environment) {
        PostgresSettings settings = PostgresSettings.inHome(home);
        String url = environment.getOrDefault("CARAVAN_DB_URL", "");
        if (!url.isBlank()) {
            DatabaseAddress address = DatabaseAddress.ofJdbcUrl(
                    url, environment.get("CARAVAN_DB_USER"), environment.get("CARAVAN_DB_PASSWORD"));
            return new BackupDatabase(PostgresDistribution.obtain(settings), address, null);
        }
        if (EmbeddedPostgres.isHomeInUse(home)) {
            Optional<DatabaseAddress> running = EmbeddedPostgres.findRunning(settings);
            if (running.isPresent()) {
                return new BackupDatabase(PostgresDistribution.obtain(settings), running.get(), null);
            }
        }
        EmbeddedPostgres postgres = EmbeddedPostgres.start(settings);
        return new BackupDatabase(postgres.distribution(), postgres.address(), postgres);
    }

    @Override
    public void close() {
        if (started != null) {
            started.close();
        }
    }
}

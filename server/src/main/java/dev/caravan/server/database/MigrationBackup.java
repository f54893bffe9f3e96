package dev.caravan.server.database;

import dev.caravan.postgres.DatabaseAddress;
import dev.caravan.postgres.DatabaseDump;
import dev.caravan.postgres.EmbeddedPostgres;
import dev.caravan.postgres.PostgresDistribution;
import dev.caravan.postgres.PostgresException;
import dev.caravan.postgres.PostgresSettings;
import dev.caravan.server.config.CaravanHome;
import dev.caravan.server.config.StartupException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.stereotype.Component;

/**
 * Migrates the database, and dumps it first if it holds data that a migration is going to change. A dump that fails keeps
 * the server from starting: nothing is changed that cannot be had back.
 */
@Component
class MigrationBackup implements FlywayMigrationStrategy {

    private static final Logger log = LoggerFactory.getLogger(MigrationBackup.class);
    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final CaravanHome home;
    private final DatabaseAddress address;
    private final ObjectProvider<EmbeddedPostgres> embedded;
    private final Clock clock;

    MigrationBackup(CaravanHome home, DatabaseAddress address, ObjectProvider<EmbeddedPostgres> embedded, Clock clock) {
        this.home = home;
        this.address = address;
        this.embedded = embedded;
        this.clock = clock;
    }

    @Override
    public void migrate(Flyway flyway) {
        MigrationInfo current = flyway.info().current();
        int pending = flyway.info().pending().length;
        if (current != null && pending > 0) {
            backup(String.valueOf(current.getVersion()));
        }
        flyway.migrate();
    }

    private void backup(String version) {
        Path file = home.subdirectory("backups")
                .resolve("before-migration-from-%s-%s.dump".formatted(version, TIMESTAMP.format(clock.instant())));
        try {
            DatabaseDump.dump(distribution(), address, file);
        } catch (PostgresException e) {
            throw new StartupException(
                    "The database must be migrated, and the backup before it failed: "
                            + Objects.requireNonNullElse(e.getMessage(), "the cause is unknown."),
                    "Correct this and start Caravan again; nothing has been changed.",
                    e);
        }
        log.info("database=backed-up file={} version={}", file, version);
    }

    private PostgresDistribution distribution() {
        EmbeddedPostgres postgres = embedded.getIfAvailable();
        return postgres == null
                ? PostgresDistribution.obtain(PostgresSettings.inHome(home.directory()))
                : postgres.distribution();
    }
}

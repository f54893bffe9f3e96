package dev.caravan.server.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.postgres.DatabaseAddress;
import dev.caravan.postgres.EmbeddedPostgres;
import dev.caravan.postgres.PostgresException;
import dev.caravan.postgres.PostgresSettings;
import dev.caravan.server.config.CaravanHome;
import dev.caravan.server.config.CaravanProperties;
import dev.caravan.server.config.StartupException;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * One database: PostgreSQL under the home, started here and stopped after everything that uses it, or the external one of
 * {@code CARAVAN_DB_URL}, for which nothing is started.
 */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

    /** Requests mostly wait for the model, so a few connections serve many of them. */
    private static final int MAX_CONNECTIONS = 12;

    private static final long CONNECTION_TIMEOUT_MILLIS = 10_000;

    @Bean(destroyMethod = "close")
    @ConditionalOnExpression("'${caravan.db-url:}'.isBlank()")
    EmbeddedPostgres embeddedPostgres(CaravanHome home) {
        try {
            return EmbeddedPostgres.start(
                    PostgresSettings.inHome(home.directory()).withoutShutdownHook());
        } catch (PostgresException e) {
            throw startupFailure(e);
        }
    }

    @Bean
    DatabaseAddress databaseAddress(CaravanProperties properties, ObjectProvider<EmbeddedPostgres> embedded) {
        EmbeddedPostgres postgres = embedded.getIfAvailable();
        if (postgres != null) {
            return postgres.address();
        }
        try {
            return DatabaseAddress.ofJdbcUrl(
                    Objects.requireNonNull(properties.dbUrl()), properties.dbUser(), properties.dbPassword());
        } catch (PostgresException e) {
            throw startupFailure(e);
        }
    }

    private static StartupException startupFailure(PostgresException e) {
        return new StartupException(
                Objects.requireNonNullElse(e.getMessage(), "The database does not start."),
                "Correct this and start Caravan again; docs/reference/configuration.md has the settings.",
                e);
    }

    /** Depends on the embedded server by its address, and so is closed before it. */
    @Bean(destroyMethod = "close")
    DataSource dataSource(DatabaseAddress address) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("caravan");
        config.setJdbcUrl(address.jdbcUrl());
        config.setUsername(address.user());
        Optional.ofNullable(address.password()).ifPresent(config::setPassword);
        config.setMaximumPoolSize(MAX_CONNECTIONS);
        config.setMinimumIdle(2);
        config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
        return new HikariDataSource(config);
    }
}

package dev.caravan.postgres;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where an embedded database lives and how large it may grow.
 *
 * @param home Caravan's home; everything of the database is kept under {@code home/postgres}
 * @param distributionCache folder that holds unpacked distributions, shared by all homes
 * @param configuredDistribution an installed PostgreSQL to use instead of any other, the folder that holds {@code bin};
 *     null to look for one
 * @param sharedBuffersMegabytes PostgreSQL's own cache
 * @param maxConnections connections at a time, PostgreSQL's three reserved ones included
 * @param startTimeout how long a start, crash recovery included, may take
 * @param stopsWithJvm whether a shutdown hook stops the server; off where the owner closes it in an order of its own
 */
public record PostgresSettings(
        Path home,
        Path distributionCache,
        @Nullable Path configuredDistribution,
        int sharedBuffersMegabytes,
        int maxConnections,
        Duration startTimeout,
        boolean stopsWithJvm) {

    /** Environment variable: folder of the unpacked distributions. */
    public static final String CACHE_VARIABLE = "CARAVAN_POSTGRES_CACHE";

    /** Environment variable: an installed PostgreSQL with pgvector, the folder that holds {@code bin}. */
    public static final String DISTRIBUTION_VARIABLE = "CARAVAN_POSTGRES";

    public PostgresSettings {
        home = home.toAbsolutePath().normalize();
        distributionCache = distributionCache.toAbsolutePath().normalize();
        if (sharedBuffersMegabytes < 1) {
            throw new IllegalArgumentException("sharedBuffersMegabytes must be positive: " + sharedBuffersMegabytes);
        }
        if (maxConnections < 5) {
            throw new IllegalArgumentException("maxConnections must be at least 5: " + maxConnections);
        }
        if (startTimeout.isNegative() || startTimeout.isZero()) {
            throw new IllegalArgumentException("startTimeout must be positive: " + startTimeout);
        }
    }

    /**
     * The usual settings for one home, small enough for a laptop.
     *
     * <p>The distribution's cache is the folder named by {@value #CACHE_VARIABLE}, else {@code ~/.cache/caravan/postgres},
     * so that many homes (those of tests, say) unpack it once.
     *
     * @param home Caravan's home; made if it is missing
     */
    public static PostgresSettings inHome(Path home) {
        @Nullable String distribution = System.getenv(DISTRIBUTION_VARIABLE);
        return new PostgresSettings(
                home,
                defaultCache(home),
                distribution == null || distribution.isBlank() ? null : Path.of(distribution),
                64,
                40,
                Duration.ofMinutes(2),
                true);
    }

    /** The same, for an owner that closes the database itself after its own work has ended. */
    public PostgresSettings withoutShutdownHook() {
        return new PostgresSettings(
                home,
                distributionCache,
                configuredDistribution,
                sharedBuffersMegabytes,
                maxConnections,
                startTimeout,
                false);
    }

    /** The same with another place for unpacked distributions. */
    public PostgresSettings withDistributionCache(Path cache) {
        return new PostgresSettings(
                home,
                cache,
                configuredDistribution,
                sharedBuffersMegabytes,
                maxConnections,
                startTimeout,
                stopsWithJvm);
    }

    /** The same with one given PostgreSQL and no look-up. */
    public PostgresSettings withConfiguredDistribution(Path distribution) {
        return new PostgresSettings(
                home,
                distributionCache,
                distribution,
                sharedBuffersMegabytes,
                maxConnections,
                startTimeout,
                stopsWithJvm);
    }

    private static Path defaultCache(Path home) {
        @Nullable String configured = System.getenv(CACHE_VARIABLE);
        if (configured != null && !configured.isBlank()) {
            return Path.of(configured);
        }
        Path user = Path.of(System.getProperty("user.home", ""));
        // A service account often has no home of its own.
        return user.isAbsolute() && Files.isWritable(user)
                ? user.resolve(".cache").resolve("caravan").resolve("postgres")
                : home.resolve("postgres").resolve("distribution");
    }
}

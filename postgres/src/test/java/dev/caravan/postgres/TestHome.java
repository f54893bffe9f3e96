package dev.caravan.postgres;

import java.io.IOException;
import java.nio.file.Path;

/** Where the server's files of a home are, which depends on whom the server runs as. */
final class TestHome {

    private TestHome() {}

    static PostgresDirectories directories(Path home) {
        return PostgresDirectories.of(
                home,
                ServerAccount.choose(PostgresDirectories.nobodysDirectory(home).resolve("data")));
    }

    static Path data(Path home) {
        return directories(home).data();
    }

    /** Removes what lies outside the home, where the server runs as nobody. */
    static void clean(Path home) throws IOException {
        PostgresWheel.deleteTree(PostgresDirectories.nobodysDirectory(home));
    }
}

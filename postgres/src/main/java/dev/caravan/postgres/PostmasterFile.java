package dev.caravan.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * PostgreSQL's {@code postmaster.pid}: who runs, or ran, on a data directory. Its lines are process id, data directory,
 * start time, port, socket directory, listen address, shared memory key and status.
 *
 * @param pid process id of the server
 * @param port its TCP port; 0 before the server has written it
 */
record PostmasterFile(long pid, int port) {

    static final String NAME = "postmaster.pid";

    static Optional<PostmasterFile> read(Path dataDirectory) {
        try {
            List<String> lines = Files.readAllLines(dataDirectory.resolve(NAME));
            long pid = Long.parseLong(lines.getFirst().strip());
            int port = lines.size() > 3 ? Integer.parseInt(lines.get(3).strip()) : 0;
            // A single-user server writes a negative id.
            return Optional.of(new PostmasterFile(Math.abs(pid), port));
        } catch (IOException | NumberFormatException | NoSuchElementException e) {
            // Missing, half written, or torn by a power cut: there is nothing to adopt.
            return Optional.empty();
        }
    }
}

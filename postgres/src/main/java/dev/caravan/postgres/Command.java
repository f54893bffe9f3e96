package dev.caravan.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs one command of the operating system to its end, with a time limit and bounded output. */
final class Command {

    private static final int OUTPUT_BYTES_MAX = 64 * 1024;

    private Command() {}

    /** How a command ended: its exit status (-1 when it could not be started) and what it wrote. */
    record Result(int status, String output) {

        boolean succeeded() {
            return status == 0;
        }

        /** The last non-empty line, which for PostgreSQL's tools says what was wrong. */
        String lastLine() {
            List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
            return lines.isEmpty() ? "exit status " + status : lines.getLast().strip();
        }
    }

    static Result run(List<String> command, Duration timeout) {
        return run(command, Map.of(), timeout);
    }

    /**
     * Standard output and error go to a file and not to a pipe, since a server that a command leaves behind would hold
     * a pipe open for ever.
     *
     * @param environment added to this process's own
     * @throws PostgresException when the command does not end within {@code timeout}
     */
    static Result run(List<String> command, Map<String, String> environment, Duration timeout) {
        try {
            Path output = Files.createTempFile("caravan-command", ".out");
            try {
                return run(command, environment, timeout, output);
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write to the folder for temporary files", e);
        }
    }

    private static Result run(List<String> command, Map<String, String> environment, Duration timeout, Path output)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(nullDevice()))
                .redirectOutput(output.toFile());
        // PostgreSQL's messages are read below, so they must be in English.
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new Result(-1, command.getFirst() + ": " + e.getMessage());
        }
        try {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new PostgresException("The command " + command.getFirst() + " did not end within "
                        + timeout.toSeconds() + " seconds, so it was stopped.");
            }
            return new Result(process.exitValue(), head(output));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PostgresException("Interrupted while waiting for " + command.getFirst() + ".", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String head(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(OUTPUT_BYTES_MAX), StandardCharsets.UTF_8);
        }
    }

    private static java.io.File nullDevice() {
        return new java.io.File(OperatingSystem.current() == OperatingSystem.WINDOWS ? "NUL" : "/dev/null");
    }
}

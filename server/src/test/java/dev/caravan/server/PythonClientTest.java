package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Goal: OpenAI's own Python client works unchanged. Method: {@code openai_client.py} with the real package, put into a
 * virtual environment by pip. Skipped, and said so, where there is no Python to do that with.
 */
final class PythonClientTest {

    private static final String PACKAGE = "openai==3.54.0";
    private static final Path SCRIPT = Path.of("src/test/python/openai_client.py");

    /** A program's end: its status and what it printed. */
    private record Ended(int status, String output) {}

    @Test
    void everyCallOfThePythonClientWorks() throws Exception {
        Path python = environment();
        TestServer server = TestServer.shared();
        server.awaitReady();

        Ended ended = run(List.of(python.toString(), SCRIPT.toString(), "http://127.0.0.1:" + server.port()));

        assertThat(ended.status()).as(ended.output()).isZero();
        assertThat(ended.output()).contains("ok chat.completions streamed", "ok deletions");
    }

    /** The Python of an environment with the package, kept for the next run. */
    private static Path environment() throws Exception {
        Path directory = Path.of("target", "python-client").toAbsolutePath();
        Path python = directory.resolve("bin/python");
        Path marker = directory.resolve(PACKAGE + ".installed");
        if (!Files.exists(marker)) {
            require(List.of("python3", "-m", "venv", directory.toString()));
            require(List.of(python.toString(), "-m", "pip", "install", "--quiet", "--no-input", PACKAGE));
            Files.writeString(marker, "");
        }
        return python;
    }

    private static void require(List<String> command) throws Exception {
        Ended ended;
        try {
            ended = run(command);
        } catch (IOException e) {
            ended = new Ended(127, e.toString());
        }
        if (ended.status() != 0) {
            System.err.printf(
                    "SKIPPED: the Python client was NOT tested, because '%s' failed: %s%n",
                    String.join(" ", command), ended.output());
        }
        assumeTrue(ended.status() == 0, "no Python environment: " + ended.output());
    }

    private static Ended run(List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PYTHONIOENCODING", "utf-8");
        builder.environment().put("NO_PROXY", "127.0.0.1");
        builder.environment().put("no_proxy", "127.0.0.1");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(3, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " does not end: " + output);
        }
        return new Ended(process.exitValue(), output);
    }
}

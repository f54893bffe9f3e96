package dev.caravan.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the operating system says about processes that are not this JVM's children. */
final class ProcessTable {

    private static final Path PROC = Path.of("/proc");

    private ProcessTable() {}

    /** Whether a process runs; a zombie, which only waits to be collected, does not. */
    static boolean isRunning(long pid) {
        if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty()) {
            return false;
        }
        if (OperatingSystem.current() != OperatingSystem.LINUX) {
            return true;
        }
        try {
            // The name in parentheses may hold anything; the state follows the last closing one.
            String stat = new String(
                    Files.readAllBytes(PROC.resolve(Long.toString(pid)).resolve("stat")), StandardCharsets.ISO_8859_1);
            int end = stat.lastIndexOf(')');
            char state = end >= 0 && end + 2 < stat.length() ? stat.charAt(end + 2) : 'X';
            return state != 'Z' && state != 'X';
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The processes that work in a directory, as PostgreSQL's all do in their data directory.
     *
     * @return process ids; empty on systems without {@code /proc}, where PostgreSQL's own check of its shared memory
     *     has to do
     */
    static List<Long> workingIn(Path directory) {
        List<Long> pids = new ArrayList<>();
        if (OperatingSystem.current() != OperatingSystem.LINUX) {
            return pids;
        }
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            Path wanted = directory.toRealPath();
            for (Path process : processes) {
                if (wanted.equals(workingDirectory(process))) {
                    pids.add(Long.parseLong(process.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            return pids;
        }
        return pids;
    }

    private static Path workingDirectory(Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("cwd"));
        } catch (IOException e) {
            // It ended meanwhile, it is a zombie, or it belongs to someone else.
            return PROC;
        }
    }
}

package dev.caravan.engine.convert;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Temporary files and folders beside a target: their names hold the number of the process that writes them. */
final class Leftovers {

    private Leftovers() {}

    /** A folder to write into, which does not exist yet. */
    static Path temporary(Path target) {
        return target.resolveSibling(".%s.%d-0.part"
                .formatted(target.getFileName(), ProcessHandle.current().pid()));
    }

    /** Removes what processes left that no longer run. */
    static void remove(Path target) {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) {
            return;
        }
        Pattern own = Pattern.compile(Pattern.quote("." + target.getFileName() + ".") + "(\\d{1,18})-\\d+\\.part");
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Matcher name = own.matcher(String.valueOf(file.getFileName()));
                if (name.matches()
                        && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
                    delete(file);
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot clear " + folder, failure);
        }
    }

    /** Deletes a file, or a folder with what is in it. Links are deleted, not followed. */
    static void delete(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            List<Path> ordered = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : ordered) {
                Files.delete(file);
            }
        }
    }
}

package dev.caravan.engine.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Temporary files and folders beside a target: their names hold the number of the process that writes them. */
public final class Leftovers {

    private Leftovers() {}

    /** Removes what processes left that no longer run, of a file or a folder. */
    public static void remove(Path target) {
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
                    AtomicFolder.delete(file);
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot clear " + folder, failure);
        }
    }
}

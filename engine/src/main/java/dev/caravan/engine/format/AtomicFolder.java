package dev.caravan.engine.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that appears whole or not at all: files go into {@link #path()}, a temporary folder beside the target, and
 * {@link #commit()} gives it the target's name. Its files must reach the disk by themselves ({@link AtomicFile} sees to
 * that). Without it {@link #close()} leaves nothing behind. For one thread.
 *
 * <p>A folder of that name makes way only once the new one is complete; a process that is killed between the two
 * renamings leaves it as {@code .NAME.PROCESS.old}.
 *
 * <p>Every method throws {@link UncheckedIOException} when the system cannot write.
 */
public final class AtomicFolder implements AutoCloseable {

    private static final int MAX_NAMES = 1000;

    private final Path target;
    private final Path temporary;

    private AtomicFolder(Path target, Path temporary) {
        this.target = target;
        this.temporary = temporary;
    }

    /** Makes a temporary folder beside {@code target}, whose parent must exist, and removes those of dead processes. */
    public static AtomicFolder create(Path target) {
        Leftovers.remove(target);
        for (int i = 0; i < MAX_NAMES; i++) {
            Path temporary = target.resolveSibling(".%s.%d-%d.part"
                    .formatted(target.getFileName(), ProcessHandle.current().pid(), i));
            try {
                return new AtomicFolder(target, Files.createDirectory(temporary));
            } catch (FileAlreadyExistsException taken) {
                // Another writer of this process, or one that died under the same process number.
            } catch (IOException failure) {
                throw new UncheckedIOException("cannot write " + target, failure);
            }
        }
        throw new UncheckedIOException(
                "cannot write " + target, new IOException("its folder is full of .part folders; remove them"));
    }

    /** Where the files go. */
    public Path path() {
        return temporary;
    }

    /** Gives the folder its name; one of that name is replaced. */
    public void commit() {
        try {
            bringNamesToDisk(temporary);
            if (!Files.exists(target)) {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } else {
                Path old = target.resolveSibling(".%s.%d.old"
                        .formatted(target.getFileName(), ProcessHandle.current().pid()));
                Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
                delete(old);
            }
            bringNamesToDisk(target.toAbsolutePath().resolveSibling("."));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write " + target, failure);
        }
    }

    private static void bringNamesToDisk(Path folder) {
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        } catch (IOException unsupported) {
            // Some systems cannot open a folder: the names then reach the disk when the system sees fit.
        }
    }

    /** Deletes a file, or a folder with what is in it. Links are deleted, not followed. */
    public static void delete(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            List<Path> ordered = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : ordered) {
                Files.delete(file);
            }
        }
    }

    /** Removes the temporary folder where it was not committed. */
    @Override
    public void close() {
        if (!Files.exists(temporary)) {
            return;
        }
        try {
            delete(temporary);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot remove " + temporary, failure);
        }
    }
}

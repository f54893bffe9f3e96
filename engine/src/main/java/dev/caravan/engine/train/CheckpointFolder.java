package dev.caravan.engine.train;

import dev.caravan.engine.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one training, by their steps: the last two and the best one stay. While it is open no other training
 * can have it. What a killed process left half written is removed when it is opened. For one thread.
 */
final class CheckpointFolder implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CheckpointFolder.class);
    private static final int KEPT = 2;
    private static final int BEST_AND_TEMPORARY = 2;
    private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,9})\\.safetensors");
    private static final Pattern LEFTOVER = Pattern.compile("\\.checkpoint-\\d{1,9}\\.safetensors\\..*\\.part");
    private static final String LOCK = ".lock";

    private final Path folder;
    private final FileChannel lock;

    private CheckpointFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Opens a folder; makes it where there is none.
     *
     * @throws IllegalStateException if another training has it
     * @throws UncheckedIOException if the system cannot write there
     */
    static CheckpointFolder open(Path folder) {
        try {
            Files.createDirectories(folder);
            FileChannel lock =
                    FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            CheckpointFolder opened = new CheckpointFolder(folder, lock);
            opened.requireLock();
            opened.removeLeftovers();
            return opened;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot use the folder " + folder, failure);
        }
    }

    private void requireLock() throws IOException {
        boolean isLocked = false;
        try {
            // The system gives the lock back when a process ends, in whatever way.
            isLocked = lock.tryLock() != null;
        } catch (OverlappingFileLockException otherThread) {
            log.debug("checkpoints=locked folder={}", folder, otherThread);
        }
        if (!isLocked) {
            lock.close();
            throw new IllegalStateException(
                    "another training writes its checkpoints into %s; wait for its end, or choose another folder"
                            .formatted(folder));
        }
    }

    private void removeLeftovers() throws IOException {
        for (Path file : files()) {
            if (LEFTOVER.matcher(String.valueOf(file.getFileName())).matches()) {
                Files.deleteIfExists(file);
                log.info("checkpoint=leftover file={} removed=true", file.getFileName());
            }
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    /** The steps that there are checkpoints of, rising. */
    List<Integer> steps() {
        try {
            return files().stream()
                    .map(file -> NAME.matcher(String.valueOf(file.getFileName())))
                    .filter(Matcher::matches)
                    .map(name -> Integer.valueOf(name.group(1)))
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot list " + folder, failure);
        }
    }

    /**
     * Requires room for all checkpoints that will be there at once, before work is spent on what could not be kept.
     *
     * @param checkpointBytes of one
     * @throws IllegalStateException if there is too little
     */
    void requireRoom(long checkpointBytes) {
        long needed = (KEPT + BEST_AND_TEMPORARY - Math.min(steps().size(), KEPT)) * checkpointBytes;
        long free = usableBytes();
        if (free < needed) {
            throw new IllegalStateException(
                    "the checkpoints need %d MB in %s and %d MB are free; make room or choose another folder"
                            .formatted(needed / 1_000_000, folder, free / 1_000_000));
        }
    }

    private long usableBytes() {
        try {
            return Files.getFileStore(folder).getUsableSpace();
        } catch (IOException unknown) {
            log.debug("checkpoints=space_unknown folder={}", folder, unknown);
            return Long.MAX_VALUE; // writing will tell
        }
    }

    Path file(int step) {
        return folder.resolve("checkpoint-%d.safetensors".formatted(step));
    }

    /** The file of the last checkpoint up to a step, or null; also where somebody took the folder away. */
    @Nullable
    Path lastUpTo(int step) {
        if (!Files.isDirectory(folder)) {
            return null;
        }
        return steps().stream()
                .filter(known -> known <= step)
                .reduce((earlier, later) -> later)
                .map(this::file)
                .orElse(null);
    }

    /** The last checkpoint that is sound; damaged ones are passed over. The caller closes it. */
    Optional<TrainingCheckpoint> last() {
        for (int step : steps().reversed()) {
            try {
                return Optional.of(TrainingCheckpoint.open(file(step)));
            } catch (ModelFormatException damaged) {
                log.warn("checkpoint=damaged step={} reason={}", step, damaged.getMessage());
            }
        }
        return Optional.empty();
    }

    /**
     * Removes all but the last two and one more.
     *
     * @param best the step of the best checkpoint, or 0
     */
    void prune(int best) {
        List<Integer> steps = steps();
        for (int step : steps.subList(0, Math.max(0, steps.size() - KEPT))) {
            if (step != best) {
                remove(file(step));
            }
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            log.warn("checkpoint=kept file={} reason={}", file.getFileName(), failure.getMessage());
        }
    }

    /** Lets another training have the folder. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot close the folder " + folder, failure);
        }
    }
}

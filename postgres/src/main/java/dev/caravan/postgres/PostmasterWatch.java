package dev.caravan.postgres;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks after a running server: starts it again when it dies, a bounded number of times, and keeps its log small. */
final class PostmasterWatch {

    private static final Logger log = LoggerFactory.getLogger(PostmasterWatch.class);
    private static final Duration INTERVAL = Duration.ofMillis(500);
    private static final int RESTARTS_MAX = 5;
    private static final Duration RESTARTS_PERIOD = Duration.ofMinutes(10);
    static final long LOG_BYTES_MAX = 4L * 1024 * 1024;

    private final PostgresDirectories directories;
    private final BooleanSupplier restart;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Deque<Long> restartNanos = new ArrayDeque<>();
    private final Thread thread;

    /** @param restart starts the server again and says whether it got its port */
    PostmasterWatch(PostgresDirectories directories, BooleanSupplier restart) {
        this.directories = directories;
        this.restart = restart;
        this.thread = Thread.ofVirtual().name("postgres-watch").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopped.countDown();
    }

    private void run() {
        try {
            while (!stopped.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                limitLog(directories.log());
                if (isDead() && !restartBounded()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isDead() {
        return PostmasterFile.read(directories.data())
                .filter(file -> ProcessTable.isRunning(file.pid()))
                .isEmpty();
    }

    /** False when it is no use going on. */
    private boolean restartBounded() {
        long now = System.nanoTime();
        while (!restartNanos.isEmpty() && now - restartNanos.getFirst() > RESTARTS_PERIOD.toNanos()) {
            restartNanos.removeFirst();
        }
        if (restartNanos.size() >= RESTARTS_MAX) {
            log.error("event=postgres_given_up restarts={} log={}", RESTARTS_MAX, directories.log());
            return false;
        }
        restartNanos.addLast(now);
        log.warn("event=postgres_died action=restart attempt={}", restartNanos.size());
        try {
            log.info("event=postgres_restarted ready={}", restart.getAsBoolean());
        } catch (PostgresException e) {
            log.error("event=postgres_restart_failed reason=\"{}\"", e.getMessage());
        }
        return true;
    }

    /** The server appends to its log; a cut file simply begins again, and one older part is kept. */
    static void limitLog(Path file) {
        try {
            if (!Files.exists(file) || Files.size(file) <= LOG_BYTES_MAX) {
                return;
            }
            Files.copy(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(0);
            }
        } catch (IOException e) {
            log.warn("event=postgres_log_not_limited file={} reason=\"{}\"", file, e.getMessage());
        }
    }
}

package dev.caravan.server.models.catalogue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * Downloads one file of the hub beside its final name. What has come stays in a {@code .part} file, so that the next
 * attempt, also that of a later day, goes on where the last one ended.
 */
final class HubDownload {

    private static final int FRUITLESS_ATTEMPTS_MAX = 4;
    private static final long PROGRESS_STEP_BYTES = 1 << 20;

    private final HubClient hub;
    private final Duration pause;

    /** @param pause between attempts */
    HubDownload(HubClient hub, Duration pause) {
        this.hub = hub;
        this.pause = pause;
    }

    /**
     * Downloads until the file has its size. The caller checks the hash.
     *
     * @return the {@code .part} file
     */
    Path fetch(HubFile file, Path folder, String localName, String repository, PullProgress progress)
            throws IOException {
        Path part = folder.resolve(localName + "." + file.hash().substring(0, 12) + ".part");
        int fruitless = 0;
        while (size(part) < file.bytes()) {
            long before = size(part);
            DiskSpace.check(folder, file.bytes() - before, localName);
            IOException failure = null;
            try {
                append(file, part, before, localName, repository, progress);
            } catch (IOException e) {
                failure = e;
            }
            long now = size(part);
            if (now > file.bytes()) {
                Files.delete(part);
                throw new ModelException("The hub sent more bytes of " + localName + " than it announced: try again.");
            }
            fruitless = now > before ? 0 : fruitless + 1;
            if (now < file.bytes()) {
                if (failure != null && DiskSpace.isFull(failure)) {
                    throw DiskSpace.full(folder, file.bytes() - now, localName);
                }
                if (fruitless >= FRUITLESS_ATTEMPTS_MAX) {
                    throw new IOException(
                            failure == null ? "the connection ended early" : String.valueOf(failure.getMessage()),
                            failure);
                }
                progress.note("The connection broke after " + Bytes.human(now) + "; going on from there.");
                waitBeforeRetry();
            }
        }
        return part;
    }

    private void append(
            HubFile file, Path part, long offset, String localName, String repository, PullProgress progress)
            throws IOException {
        try (HubClient.Body body = hub.open(file, offset, repository);
                OutputStream out = body.offset() == offset && offset > 0
                        ? Files.newOutputStream(part, StandardOpenOption.APPEND)
                        : Files.newOutputStream(part)) {
            byte[] buffer = new byte[1 << 16];
            long done = body.offset();
            long reported = done;
            for (int read = body.in().read(buffer); read >= 0; read = body.in().read(buffer)) {
                out.write(buffer, 0, read);
                done += read;
                if (done > file.bytes()) {
                    return;
                }
                if (done - reported >= PROGRESS_STEP_BYTES || done == file.bytes()) {
                    progress.advanced(localName, done, file.bytes());
                    reported = done;
                }
            }
        }
    }

    private void waitBeforeRetry() throws IOException {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }
}

package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads untrusted files in a child JVM with a heap, time and output limit of its own, so that a hostile file costs one
 * child and never the server. The child is started at the first file, serves several, and is ended when it was idle for
 * a while, took too long or misbehaved. It inherits nothing of the environment but the locale, and its XML parsers may open nothing outside.
 *
 * <p>Thread-safe; files are read one at a time. {@link #close()} ends the child.
 */
public final class ParserProcess implements DocumentReader, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ParserProcess.class);
    private static final Set<String> LOCALE_VARIABLES = Set.of("LC_ALL", "LC_CTYPE", "LANG");
    private static final long EXIT_WAIT_MILLIS = 2000;

    private final ParserLimits limits;
    private final String classPath;
    private final ReentrantLock lock = new ReentrantLock();
    private final ScheduledThreadPoolExecutor watch;
    private @Nullable Child child;
    private @Nullable ScheduledFuture<?> idleEnd;
    private boolean closed;

    /** A reader whose child has this JVM's class path. */
    public ParserProcess(ParserLimits limits) {
        this(limits, System.getProperty("java.class.path"));
    }

    ParserProcess(ParserLimits limits, String classPath) {
        this.limits = limits;
        this.classPath = classPath;
        watch = new ScheduledThreadPoolExecutor(
                1, task -> Thread.ofPlatform().daemon().name("parser-watch").unstarted(task));
        watch.setRemoveOnCancelPolicy(true);
    }

    @Override
    public ParsedDocument read(Path file, String filename) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the parser process is closed");
            }
            DocumentFormats.checkSize(file, limits);
            ScheduledFuture<?> end = idleEnd;
            if (end != null) {
                end.cancel(false);
            }
            return exchange(file.toAbsolutePath(), filename);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (child != null) {
                idleEnd = watch.schedule(this::endIdle, limits.idleLimit().toMillis(), TimeUnit.MILLISECONDS);
            }
            lock.unlock();
        }
    }

    private ParsedDocument exchange(Path file, String filename) throws IOException {
        Child running = child;
        if (running == null || !running.process.isAlive()) {
            running = start();
            child = running;
        }
        Process process = running.process;
        AtomicBoolean late = new AtomicBoolean();
        ScheduledFuture<?> deadline = watch.schedule(
                () -> {
                    late.set(true);
                    process.destroyForcibly();
                },
                limits.timeLimit().toMillis(),
                TimeUnit.MILLISECONDS);
        try {
            ParserProtocol.writeRequest(running.requests, file.toString(), filename);
            return ParserProtocol.readResponse(running.responses, limits.maximumCharacters());
        } catch (IOException | IllegalArgumentException e) {
            // The child is gone, or what it sent is no answer; its exit status tells why.
            child = null;
            throw failure(process, late.get(), e);
        } finally {
            deadline.cancel(false);
        }
    }

    private DocumentParseException failure(Process process, boolean late, Exception cause) {
        if (late) {
            return new DocumentParseException(
                    Code.TIMEOUT,
                    "Reading the file took longer than " + limits.timeLimit().toSeconds()
                            + " seconds and was stopped; split it into parts or save it as PDF.",
                    cause);
        }
        int status = exitStatus(process);
        LOG.warn("parser=died exit_status={} cause={}", status, cause.toString());
        return status == ParserChild.EXIT_OUT_OF_MEMORY
                ? new DocumentParseException(
                        Code.OUT_OF_MEMORY,
                        "Reading the file needs more than the " + limits.heapMegabytes()
                                + " MB of memory that a document may take; split it into parts.",
                        cause)
                : new DocumentParseException(Code.BROKEN, DocumentFormats.BROKEN_MESSAGE, cause);
    }

    /** The child's exit status, or -1 if it had to be killed. */
    private static int exitStatus(Process process) {
        try {
            if (process.waitFor(EXIT_WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        return -1;
    }

    private Child start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + limits.heapMegabytes() + "m",
                "-XX:MaxDirectMemorySize=64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                // The JVM's own last words would otherwise go into the protocol.
                "-XX:+DisplayVMOutputToStderr",
                "-XX:-UsePerfData",
                "-Djava.awt.headless=true",
                // XML in documents must not make the parser open files or addresses.
                "-Djavax.xml.accessExternalDTD=",
                "-Djavax.xml.accessExternalSchema=",
                "-Djavax.xml.accessExternalStylesheet=",
                "-Djdk.xml.entityExpansionLimit=1000",
                "-cp",
                classPath,
                ParserChild.class.getName(),
                Long.toString(limits.maximumFileBytes()),
                Integer.toString(limits.maximumCharacters()),
                Long.toString(limits.maximumInflatedBytes())));
        // Of the environment only the locale stays: it decides how the child spells file names.
        builder.environment().keySet().retainAll(LOCALE_VARIABLES);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process = builder.start();
        LOG.debug("parser=started pid={}", process.pid());
        return new Child(
                process,
                new DataOutputStream(new BufferedOutputStream(process.getOutputStream())),
                new DataInputStream(new BufferedInputStream(process.getInputStream())));
    }

    private void endIdle() {
        if (lock.tryLock()) {
            try {
                endChild();
            } finally {
                lock.unlock();
            }
        }
    }

    private void endChild() {
        Child running = child;
        if (running != null) {
            running.process.destroyForcibly();
            child = null;
        }
    }

    /** Ends the child. A read in progress is waited for, at most its time limit. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            endChild();
            watch.shutdownNow();
        } finally {
            lock.unlock();
        }
    }

    private record Child(Process process, DataOutputStream requests, DataInputStream responses) {}
}

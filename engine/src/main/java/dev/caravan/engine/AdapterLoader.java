package dev.caravan.engine;

import dev.caravan.engine.generate.BatchScheduler;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraFiles;
import dev.caravan.engine.lora.ServingForm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings adapters into a model's service: checks that they are of its base and fit into memory. Thread-safe. */
final class AdapterLoader {
    private static final Logger log = LoggerFactory.getLogger(AdapterLoader.class);

    /** Enough of a hash to tell bases apart in a message. */
    private static final int SHOWN_HASH_CHARACTERS = 12;

    /** As read, and in the form in which it is computed. */
    private static final int COPIES = 2;

    private final LoadedDecoder loaded;
    private final FileHash baseHash;
    private final BatchScheduler scheduler;

    AdapterLoader(LoadedDecoder loaded, FileHash baseHash, BatchScheduler scheduler) {
        this.loaded = loaded;
        this.baseHash = baseHash;
        this.scheduler = scheduler;
    }

    ServedAdapter load(Path path) {
        String name = String.valueOf(path.getFileName());
        requireHeap(name, COPIES * fileBytes(path));
        return serve(name, LoraFiles.read(path, loaded.decoder(), ""));
    }

    /** The bytes of a file or of the files in a folder; nothing where there is none, which reading will say. */
    private static long fileBytes(Path path) {
        try (Stream<Path> files = Files.walk(path, 1)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException unreadable) {
            return 0;
        }
    }

    ServedAdapter serve(String name, LoraAdapter adapter) {
        requireSameBase(name, adapter);
        requireHeap(name, adapter.parameters() * Float.BYTES);
        ServedAdapter served = scheduler.serve(name, adapter.hash(), ServingForm.of(adapter, loaded.decoder()));
        log.info("adapter={} modules={} bytes={}", name, adapter.modules().size(), served.bytes());
        return served;
    }

    /** Waits for the base's hash where the adapter says what it belongs to. */
    private void requireSameBase(String name, LoraAdapter adapter) {
        String expected = adapter.baseHash();
        String actual = expected.isEmpty() ? "" : baseHash.await();
        if (!actual.isEmpty() && !expected.equalsIgnoreCase(actual)) {
            throw new IllegalArgumentException(
                    "the adapter %s is of another base: it was trained on weights with the SHA-256 %s..., those of %s have %s...; load it with the base that it was trained on"
                            .formatted(
                                    name,
                                    shown(expected),
                                    loaded.checkpoint().path().getFileName(),
                                    shown(actual)));
        }
    }

    private static String shown(String hash) {
        return hash.substring(0, Math.min(hash.length(), SHOWN_HASH_CHARACTERS));
    }

    /** Adapters lie in Java's heap. */
    private static void requireHeap(String name, long bytes) {
        if (bytes > freeHeapBytes()) {
            // What nobody uses any more counts as used until it was looked for.
            System.gc();
        }
        if (bytes > freeHeapBytes()) {
            throw new OutOfMemoryBudgetException("the adapter " + name, bytes, freeHeapBytes());
        }
    }

    private static long freeHeapBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }
}

package dev.caravan.engine;

import dev.caravan.engine.kernel.KernelProvider;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads {@link TextEncoder}s. */
public final class TextEncoders {
    private static final Logger log = LoggerFactory.getLogger(TextEncoders.class);

    private TextEncoders() {}

    /**
     * Loads an embedding model on all processors.
     *
     * @param file the packed 4-bit file of multilingual-e5-small
     * @throws ModelFormatException if the file is missing, truncated, corrupt or of another format
     */
    public static TextEncoder load(Path file) {
        return load(file, Runtime.getRuntime().availableProcessors());
    }

    /**
     * Loads an embedding model.
     *
     * @param threads how many compute at once, the caller's included
     * @throws ModelFormatException if the file is missing, truncated, corrupt or of another format
     */
    public static TextEncoder load(Path file, int threads) {
        long started = System.nanoTime();
        TextEncoder encoder = E5TextEncoder.load(file, KernelProvider.create(threads));
        log.info(
                "encoder={} dimension={} maxTokens={} millis={}",
                encoder.modelName(),
                encoder.dimension(),
                encoder.maxTokens(),
                (System.nanoTime() - started) / 1_000_000);
        return encoder;
    }
}

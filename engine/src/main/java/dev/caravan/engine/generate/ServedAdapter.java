package dev.caravan.engine.generate;

import dev.caravan.engine.layer.LowRankAdapter;
import dev.caravan.engine.model.Decoder;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * An adapter in the service of a model: requests name it with {@link GenerationRequest#withAdapter}. Closing it takes it
 * out of service: further requests are refused, those that were accepted before end with it, and what the prefix cache
 * holds of it is given back. Its matrices are gone when nobody refers to it any more. Immutable otherwise, thread-safe.
 */
public final class ServedAdapter implements AutoCloseable {
    private final String name;
    private final String hash;
    private final Decoder base;
    private final LowRankAdapter weights;
    private final Consumer<ServedAdapter> onClose;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    /**
     * @param base the decoder that it was checked against
     * @param onClose told once
     */
    ServedAdapter(String name, String hash, Decoder base, LowRankAdapter weights, Consumer<ServedAdapter> onClose) {
        this.name = name;
        this.hash = hash;
        this.base = base;
        this.weights = weights;
        this.onClose = onClose;
    }

    /** What messages call it. */
    public String name() {
        return name;
    }

    /** SHA-256 in hex of its configuration and parameters: adapters with the same one answer alike. */
    public String hash() {
        return hash;
    }

    /** The bytes of memory that its matrices take. */
    public long bytes() {
        return weights.bytes();
    }

    /** Whether it takes no further requests. */
    public boolean isClosed() {
        return isClosed.get();
    }

    /** Whether it is one of this very decoder. */
    boolean isOf(Decoder decoder) {
        return base == decoder;
    }

    LowRankAdapter weights() {
        return weights;
    }

    /** Takes it out of service; returns at once. */
    @Override
    public void close() {
        if (isClosed.compareAndSet(false, true)) {
            onClose.accept(this);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}

package dev.caravan.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** {@link Scratch} outside the heap, where native code can work; freed with the garbage. */
final class NativeScratch {
    private static final int ALIGNMENT = 64;

    private final ConcurrentLinkedQueue<MemorySegment> free = new ConcurrentLinkedQueue<>();

    /** At least so many bytes; of unknown contents. */
    MemorySegment borrow(long bytes) {
        @Nullable MemorySegment segment = free.poll();
        return segment != null && segment.byteSize() >= bytes
                ? segment
                : Arena.ofAuto().allocate(Math.max(bytes, ALIGNMENT), ALIGNMENT);
    }

    void giveBack(MemorySegment segment) {
        free.add(segment);
    }
}

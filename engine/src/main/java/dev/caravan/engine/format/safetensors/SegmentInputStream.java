package dev.caravan.engine.format.safetensors;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The bytes of mapped memory as a stream, so that a long header is not copied before it is parsed. */
final class SegmentInputStream extends InputStream {
    private final MemorySegment segment;
    private long position;

    SegmentInputStream(MemorySegment segment) {
        this.segment = segment;
    }

    @Override
    public int read() {
        if (position == segment.byteSize()) {
            return -1;
        }
        return segment.get(ValueLayout.JAVA_BYTE, position++) & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (position == segment.byteSize()) {
            return length == 0 ? 0 : -1;
        }
        int count = (int) Math.min(length, segment.byteSize() - position);
        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, position, target, offset, count);
        position += count;
        return count;
    }
}

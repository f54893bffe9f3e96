package dev.caravan.engine.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that appears whole or not at all: bytes go to a temporary name beside it, and {@link #commit()} brings them to
 * the disk and gives them the file's own name. Without it {@link #close()} leaves nothing behind. For one thread.
 *
 * <p>Every method throws {@link UncheckedIOException} when the system cannot write, for example because the disk is
 * full.
 */
public final class AtomicFile implements AutoCloseable {

    private static final int BUFFER_BYTES = 1 << 20;
    private static final int MAX_NAMES = 1000;

    private final Path target;
    private final Path temporary;
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private long position;

    private AtomicFile(Path target, Path temporary, FileChannel channel) {
        this.target = target;
        this.temporary = temporary;
        this.channel = channel;
    }

    /** Opens a temporary file in the folder of {@code target}, which must exist. */
    public static AtomicFile create(Path target) {
        for (int i = 0; i < MAX_NAMES; i++) {
            Path temporary = target.resolveSibling(".%s.%d-%d.part"
                    .formatted(target.getFileName(), ProcessHandle.current().pid(), i));
            try {
                FileChannel channel =
                        FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
                return new AtomicFile(target, temporary, channel);
            } catch (FileAlreadyExistsException taken) {
                // Another writer of this process, or one that died under the same process number.
            } catch (IOException failure) {
                throw new UncheckedIOException("cannot write " + target, failure);
            }
        }
        throw new UncheckedIOException(
                "cannot write " + target, new IOException("its folder is full of .part files; remove them"));
    }

    /** Writes a whole small file. */
    public static void write(Path target, byte[] bytes) {
        try (AtomicFile file = create(target)) {
            file.put(MemorySegment.ofArray(bytes));
            file.commit();
        }
    }

    /** Appends bytes. */
    public void put(MemorySegment bytes) {
        try {
            for (long from = 0; from < bytes.byteSize(); ) {
                if (!buffer.hasRemaining()) {
                    flush();
                }
                int count = (int) Math.min(buffer.remaining(), bytes.byteSize() - from);
                buffer.put(bytes.asSlice(from, count).asByteBuffer());
                from += count;
            }
            position += bytes.byteSize();
        } catch (IOException failure) {
            throw cannotWrite(failure);
        }
    }

    /** Appends zeros up to a multiple of {@code alignment}. */
    public void padTo(int alignment) {
        int rest = (int) (position % alignment);
        if (rest != 0) {
            put(MemorySegment.ofArray(new byte[alignment - rest]));
        }
    }

    /** The bytes that were appended so far. */
    public long position() {
        return position;
    }

    private void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /** Brings the bytes to the disk and gives the file its name; one of that name is replaced. */
    public void commit() {
        try {
            flush();
            channel.force(true);
            channel.close();
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw cannotWrite(failure);
        }
        Path folder = target.toAbsolutePath().getParent();
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        } catch (IOException unsupported) {
            // Some systems cannot open a folder: the name then reaches the disk when the system sees fit.
        }
    }

    private UncheckedIOException cannotWrite(IOException failure) {
        return new UncheckedIOException("cannot write " + target, failure);
    }

    /** Removes the temporary file where it was not committed. */
    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(temporary);
        } catch (IOException failure) {
            throw cannotWrite(failure);
        }
    }
}

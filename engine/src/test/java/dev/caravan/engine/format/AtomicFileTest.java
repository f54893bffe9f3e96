package dev.caravan.engine.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file appears whole or not at all. */
class AtomicFileTest {

    @TempDir
    Path folder;

    private static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void appearsWhenItIsCommitted() throws IOException {
        Path target = folder.resolve("a.bin");
        try (AtomicFile file = AtomicFile.create(target)) {
            file.put(bytes("abc"));
            file.padTo(4);
            file.padTo(4);
            assertThat(file.position()).isEqualTo(4);
            assertThat(target).doesNotExist();
            file.commit();
            assertThat(target).hasContent("abc\0");
        }
        assertThat(target).hasContent("abc\0");
        assertThat(folder.toFile().list()).containsExactly("a.bin");
    }

    @Test
    void replacesAndLeavesNothingBehind() throws IOException {
        Path target = folder.resolve("a.bin");
        AtomicFile.write(target, new byte[] {'1'});
        AtomicFile.write(target, new byte[] {'2'});
        try (AtomicFile abandoned = AtomicFile.create(target)) {
            abandoned.put(bytes("3"));
        }
        assertThat(target).hasContent("2");
        assertThat(folder.toFile().list()).containsExactly("a.bin");
    }

    @Test
    void twoWritersOfOneFileDoNotMix() throws IOException {
        Path target = folder.resolve("a.bin");
        try (AtomicFile one = AtomicFile.create(target);
                AtomicFile two = AtomicFile.create(target)) {
            one.put(bytes("one"));
            two.put(bytes("two"));
            two.commit();
            one.commit();
        }
        assertThat(target).hasContent("one");
        assertThat(folder.toFile().list()).containsExactly("a.bin");
    }

    /** More than the buffer, in one piece and in many, from heap and native memory. */
    @Test
    void writesLongPieces() throws IOException {
        Path target = folder.resolve("long.bin");
        int length = (3 << 20) + 17;
        try (Arena arena = Arena.ofConfined();
                AtomicFile file = AtomicFile.create(target)) {
            MemorySegment piece = arena.allocate(length);
            for (int i = 0; i < length; i++) {
                piece.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
            }
            file.put(piece);
            for (int from = 0; from < length; from += 1000) {
                file.put(piece.asSlice(from, Math.min(1000, length - from)));
            }
            file.commit();
            byte[] written = Files.readAllBytes(target);
            assertThat(written).hasSize(2 * length);
            assertThat(MemorySegment.ofArray(written).asSlice(0, length).mismatch(piece))
                    .isEqualTo(-1);
            assertThat(MemorySegment.ofArray(written).asSlice(length).mismatch(piece))
                    .isEqualTo(-1);
        }
    }

    @Test
    void namesTheFileThatCannotBeWritten() {
        Path target = folder.resolve("absent").resolve("a.bin");
        assertThatThrownBy(() -> AtomicFile.create(target))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("cannot write " + target);
    }
}

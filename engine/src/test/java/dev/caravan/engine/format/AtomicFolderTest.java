package dev.caravan.engine.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a folder is there whole or not at all, and nothing unfinished stays beside it. */
class AtomicFolderTest {

    /** Above every process number that Linux gives. */
    private static final long DEAD_PROCESS = 99_999_999_999L;

    @TempDir
    private Path parent;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(parent)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private void write(String text, boolean commit) throws IOException {
        try (AtomicFolder folder = AtomicFolder.create(parent.resolve("a"))) {
            Files.writeString(folder.path().resolve("file"), text);
            assertThat(Files.exists(parent.resolve("a/file")) ? Files.readString(parent.resolve("a/file")) : "")
                    .isNotEqualTo(text);
            if (commit) {
                folder.commit();
            }
        }
    }

    @Test
    void itAppearsWithItsFilesOnCommit() throws IOException {
        write("one", true);

        assertThat(names()).containsExactly("a");
        assertThat(parent.resolve("a/file")).hasContent("one");
    }

    @Test
    void withoutCommitTheOldOneStays() throws IOException {
        write("lost", false);
        assertThat(names()).isEmpty();

        write("one", true);
        write("lost", false);
        assertThat(names()).containsExactly("a");
        assertThat(parent.resolve("a/file")).hasContent("one");
    }

    @Test
    void anOldOneIsReplacedAsAWhole() throws IOException {
        write("one", true);
        Files.writeString(parent.resolve("a/other"), "of the old one");

        write("two", true);

        assertThat(names()).containsExactly("a");
        assertThat(parent.resolve("a/file")).hasContent("two");
        assertThat(parent.resolve("a/other")).doesNotExist();
    }

    @Test
    void whatADeadProcessLeftIsRemovedAndWhatALivingOneWritesIsNot() throws IOException {
        Path dead = Files.createDirectory(parent.resolve(".a." + DEAD_PROCESS + "-0.part"));
        Files.writeString(dead.resolve("file"), "half");
        try (AtomicFolder living = AtomicFolder.create(parent.resolve("a"))) {
            write("two", true);

            assertThat(dead).doesNotExist();
            assertThat(living.path()).exists();
        }
        assertThat(names()).containsExactly("a");
    }
}

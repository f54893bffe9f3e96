package dev.caravan.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Reads every tracked file of the repository and holds it to the rules of {@link Tidy}. */
final class TidyTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> VERBS =
            List.of("run", "test", "bench", "models", "train", "ingest", "backup", "restore", "bundle", "help");

    @Test
    void theTreeIsTidy() throws Exception {
        List<String> problems = new ArrayList<>();
        int read = 0;
        for (String path : trackedFiles()) {
            Path file = ROOT.resolve(path);
            Optional<String> text = Files.isRegularFile(file) ? text(file) : Optional.empty();
            if (text.isPresent()) {
                read++;
                problems.addAll(Tidy.problems(path, text.get(), target -> Files.exists(ROOT.resolve(target))));
            }
            if (text.isPresent() && path.endsWith(".md")) {
                problems.addAll(Tidy.unknownCommands(path, text.get(), VERBS));
            }
        }
        assertThat(read).as("files read").isGreaterThan(30);
        assertThat(problems).isEmpty();
    }

    @Test
    void aLongFileIsNamed() {
        String text = "x\n".repeat(401);

        assertThat(Tidy.problems("a/src/main/java/A.java", text, target -> true))
                .hasSize(1);
        assertThat(Tidy.problems("a/src/test/java/A.java", text, target -> true))
                .isEmpty();
    }

    @Test
    void openWorkIsNamed() {
        assertThat(Tidy.problems("A.java", "// TO" + "DO later", target -> true))
                .hasSize(1);
    }

    @Test
    void aRegistrysHostAndAMachinesPathAreNamed() {
        assertThat(Tidy.problems("a.lock", "https://registry.npm" + "js/x", target -> true))
                .hasSize(1);
        assertThat(Tidy.problems("a.sh", "cd /wo" + "rk/main", target -> true)).hasSize(1);
        assertThat(Tidy.problems("a.sh", "cd frame/wo" + "rk/main", target -> true))
                .isEmpty();
    }

    @Test
    void aDeadLinkIsNamed() {
        String text = "[a](there.md) [b](missing.md#part) [c](https://example.org)";

        assertThat(Tidy.problems("docs/x.md", text, "docs/there.md"::equals))
                .containsExactly("docs/x.md links to missing.md, which does not exist");
    }

    @Test
    void anUnknownCommandIsNamed() {
        assertThat(Tidy.unknownCommands("README.md", "Run ./caravan run, then ./caravan dance", VERBS))
                .containsExactly("README.md names ./caravan dance, which does not exist");
    }

    /** Empty for pictures and compressed golden files. */
    private static Optional<String> text(Path file) throws IOException {
        try {
            return Optional.of(Files.readString(file));
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static List<String> trackedFiles() throws IOException, InterruptedException {
        Process git = new ProcessBuilder("git", "-c", "core.quotePath=false", "ls-files")
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(git.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}

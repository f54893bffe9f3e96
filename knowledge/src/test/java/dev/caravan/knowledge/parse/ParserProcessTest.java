package dev.caravan.knowledge.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The child JVM answers, serves again after it died, and its limits become reasons. */
class ParserProcessTest {

    private static final ParserLimits LIMITS =
            new ParserLimits(64, Duration.ofSeconds(60), Duration.ofSeconds(30), 200L << 20, 1_000_000, 64L << 20);

    @TempDir
    private Path directory;

    @Test
    void oneChildReadsSeveralFilesAndSurvivesRefusals() throws Exception {
        Path good = SampleFiles.hwp(directory.resolve("good"), List.of("휴가는 15일이다."));
        Path bad = SampleFiles.text(directory.resolve("bad"), "%PDF-1.7 broken");
        try (ParserProcess parser = new ParserProcess(LIMITS)) {
            assertThat(parser.read(good, "한글 이름.hwp").text()).isEqualTo("휴가는 15일이다.");
            assertThat(refusal(parser, bad, "bad.pdf")).isEqualTo(Code.BROKEN);
            assertThat(refusal(parser, SampleFiles.zipBomb(directory.resolve("z"), 70L << 20), "z.docx"))
                    .isEqualTo(Code.ZIP_BOMB);
            assertThat(parser.read(good, "a.hwp").anchors()).hasSize(1);
        }
    }

    @Test
    void heapThatIsTooSmallIsOutOfMemoryAndTheNextFileIsRead() {
        // Plain text is held as bytes and as characters: 60 MB do not fit a heap of 64 MB.
        Path large = SampleFiles.bytes(
                directory.resolve("large"), "가".repeat(20 << 20).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Path small = SampleFiles.text(directory.resolve("small"), "작은 글");
        try (ParserProcess parser = new ParserProcess(LIMITS)) {
            assertThat(refusal(parser, large, "large.txt")).isEqualTo(Code.OUT_OF_MEMORY);
            assertThat(parser.read(small, "small.txt").text()).isEqualTo("작은 글");
        }
    }

    @Test
    void slowFileIsATimeout() {
        ParserLimits hurried =
                new ParserLimits(64, Duration.ofMillis(1), Duration.ofSeconds(30), 1 << 20, 1000, 1 << 20);
        Path file = SampleFiles.text(directory.resolve("a"), "글");
        try (ParserProcess parser = new ParserProcess(hurried)) {
            assertThat(refusal(parser, file, "a.txt")).isEqualTo(Code.TIMEOUT);
        }
    }

    @Test
    void childThatCannotStartIsBrokenAndNotAHang() {
        Path file = SampleFiles.text(directory.resolve("a"), "글");
        try (ParserProcess parser = new ParserProcess(LIMITS, directory.toString())) {
            assertThat(refusal(parser, file, "a.txt")).isEqualTo(Code.BROKEN);
        }
    }

    @Test
    void pathMayHoldKorean() {
        // A JVM in the POSIX locale cannot name such a file at all.
        Assumptions.assumeThat(System.getProperty("sun.jnu.encoding")).isEqualTo("UTF-8");
        Path file = SampleFiles.text(directory.resolve("한글 문서.txt"), "글이 있다.");
        try (ParserProcess parser = new ParserProcess(LIMITS)) {
            assertThat(parser.read(file, "한글 문서.txt").text()).isEqualTo("글이 있다.");
        }
    }

    @Test
    void emptyFileNeedsNoChild() {
        try (ParserProcess parser = new ParserProcess(LIMITS, directory.toString())) {
            assertThat(refusal(parser, SampleFiles.bytes(directory.resolve("a"), new byte[0]), "a.pdf"))
                    .isEqualTo(Code.EMPTY_FILE);
        }
    }

    private static Code refusal(ParserProcess parser, Path file, String filename) {
        return catchThrowableOfType(DocumentParseException.class, () -> parser.read(file, filename))
                .code();
    }
}

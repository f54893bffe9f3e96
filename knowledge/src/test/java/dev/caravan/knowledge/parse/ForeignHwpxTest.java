package dev.caravan.knowledge.parse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An HWPX file that hwpxlib did not write: the blank document that Hancom's word processor saved, as the Python package
 * python-hwpx carries it, with two paragraphs put into its section. The package is fetched by pip into {@code target}
 * and never committed.
 */
class ForeignHwpxTest {

    private static final String PACKAGE = "python-hwpx==6.9.0";
    private static final String BLANK_PARAGRAPH_END = "<hp:t/>";

    @TempDir
    private Path directory;

    @Test
    void wordProcessorsOwnFileIsRead() throws IOException, InterruptedException {
        Path blank = directory.resolve("blank.hwpx");
        Files.write(blank, skeleton());
        try (ZipFile zip = new ZipFile(blank.toFile())) {
            String version =
                    new String(zip.getInputStream(zip.getEntry("version.xml")).readAllBytes(), StandardCharsets.UTF_8);
            assertThat(version).contains("Hancom Office");
        }
        Path written = directory.resolve("written.hwpx");
        write(blank, written);

        ParsedDocument document = new DocumentFormats(ParserLimits.defaults()).read(written, "written.hwpx");

        assertThat(document.mediaType()).isEqualTo("application/hwp+zip");
        assertThat(document.text()).isEqualTo("첫 문단이다.\n\n둘째 문단이다.");
        assertThat(document.anchors()).extracting(Anchor::paragraph).containsExactly(1, 2);
    }

    private static void write(Path blank, Path written) throws IOException {
        try (ZipFile zip = new ZipFile(blank.toFile());
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(written))) {
            for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
                ZipEntry entry = all.nextElement();
                byte[] bytes = zip.getInputStream(entry).readAllBytes();
                if (entry.getName().equals("Contents/section0.xml")) {
                    String section = new String(bytes, StandardCharsets.UTF_8);
                    assertThat(section).contains(BLANK_PARAGRAPH_END);
                    section = section.replaceFirst(BLANK_PARAGRAPH_END, "<hp:t>첫 문단이다.</hp:t>")
                            .replace(
                                    "</hs:sec>",
                                    "<hp:p id=\"1\" paraPrIDRef=\"0\" styleIDRef=\"0\"><hp:run charPrIDRef=\"0\">"
                                            + "<hp:t>둘째 문단이다.</hp:t></hp:run></hp:p></hs:sec>");
                    bytes = section.getBytes(StandardCharsets.UTF_8);
                }
                out.putNextEntry(new ZipEntry(entry.getName()));
                out.write(bytes);
                out.closeEntry();
            }
        }
    }

    private static byte[] skeleton() throws IOException, InterruptedException {
        Path wheels = Files.createDirectories(Path.of("target", "python-hwpx"));
        Path wheel = wheel(wheels);
        if (wheel == null) {
            download(wheels);
            wheel = wheel(wheels);
        }
        Assumptions.assumeTrue(wheel != null, "NOT TESTED: pip left no wheel of " + PACKAGE);
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(wheel))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (entry.getName().endsWith("Skeleton.hwpx")) {
                    return in.readAllBytes();
                }
            }
        }
        throw new AssertionError(PACKAGE + " no longer holds Skeleton.hwpx");
    }

    private static void download(Path wheels) throws InterruptedException {
        String reason;
        try {
            Process pip = new ProcessBuilder(
                            "python3",
                            "-m",
                            "pip",
                            "download",
                            "--no-deps",
                            "--only-binary=:all:",
                            "--dest",
                            wheels.toString(),
                            PACKAGE)
                    .redirectErrorStream(true)
                    .redirectOutput(wheels.resolve("pip.log").toFile())
                    .start();
            boolean ended = pip.waitFor(60, TimeUnit.SECONDS);
            if (!ended) {
                pip.destroyForcibly();
            }
            reason = ended && pip.exitValue() == 0 ? "" : "pip could not download " + PACKAGE;
        } catch (IOException e) {
            reason = "python3 with pip is missing";
        }
        if (!reason.isEmpty()) {
            System.err.println("NOT TESTED: HWPX by the word processor itself, because " + reason);
        }
        Assumptions.assumeTrue(reason.isEmpty(), "NOT TESTED: " + reason);
    }

    private static @Nullable Path wheel(Path wheels) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(wheels, "python_hwpx-*.whl")) {
            for (Path wheel : found) {
                return wheel;
            }
        }
        return null;
    }
}

package dev.caravan.knowledge.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.apache.poi.poifs.crypt.EncryptionInfo;
import org.apache.poi.poifs.crypt.EncryptionMode;
import org.apache.poi.poifs.crypt.Encryptor;
import org.apache.poi.poifs.filesystem.POIFSFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every format yields its text with anchors that point at it; every unreadable file is refused with its reason. */
class DocumentFormatsTest {

    private static final String FIRST = "연차 휴가는 입사일을 기준으로 15일이 주어진다.";
    private static final String SECOND = "출장비는 KT-2024-017 규정에 따라 정산한다.";

    private final DocumentFormats formats = new DocumentFormats(ParserLimits.defaults());

    @TempDir
    private Path directory;

    @Test
    void pdfHasPageAnchors() {
        Path file = SampleFiles.pdf(directory.resolve("a"), List.of(List.of(FIRST), List.of(SECOND)));
        ParsedDocument document = formats.read(file, "규정.pdf");
        assertThat(document.mediaType()).isEqualTo("application/pdf");
        assertThat(document.anchors()).extracting(Anchor::page).containsExactly(1, 2);
        assertThat(anchored(document, 0)).isEqualTo(FIRST);
        assertThat(anchored(document, 1)).isEqualTo(SECOND);
    }

    @Test
    void pdfLinesOfOneParagraphAreJoined() {
        Path file = SampleFiles.pdf(
                directory.resolve("a"),
                List.of(List.of("연차 휴가는 입사일을 기준으로 매년 새로 주어지며 다음 해로", "넘길 수 없다.", "다만 병가는 예외로 한다.")));
        assertThat(formats.read(file, "a.pdf").text()).contains("다음 해로 넘길 수 없다.");
    }

    @Test
    void docxHasParagraphAnchorsAndTableRows() {
        Path file = SampleFiles.docx(
                directory.resolve("a"),
                List.of(FIRST, "", SECOND),
                List.of(List.of("직급", "한도"), List.of("과장", "150,000원")));
        ParsedDocument document = formats.read(file, "a.docx");
        assertThat(document.anchors()).extracting(Anchor::paragraph).containsExactly(1, 2, 3, 4);
        assertThat(anchored(document, 1)).isEqualTo(SECOND);
        assertThat(anchored(document, 2)).isEqualTo("직급 | 한도");
        assertThat(anchored(document, 3)).isEqualTo("과장 | 150,000원");
    }

    @Test
    void hwpHasParagraphAnchors() throws Exception {
        ParsedDocument document =
                formats.read(SampleFiles.hwp(directory.resolve("a"), List.of(FIRST, SECOND)), "a.hwp");
        assertThat(document.mediaType()).isEqualTo("application/x-hwp");
        assertThat(anchored(document, 0)).isEqualTo(FIRST);
        assertThat(anchored(document, 1)).isEqualTo(SECOND);
    }

    @Test
    void hwpxHasParagraphAnchors() throws Exception {
        ParsedDocument document =
                formats.read(SampleFiles.hwpx(directory.resolve("a"), List.of(FIRST, SECOND)), "a.hwpx");
        assertThat(document.mediaType()).isEqualTo("application/hwp+zip");
        assertThat(anchored(document, 0)).isEqualTo(FIRST);
        assertThat(anchored(document, 1)).isEqualTo(SECOND);
    }

    @Test
    void htmlShowsWhatAReaderSees() {
        Path file = SampleFiles.text(
                directory.resolve("a"),
                "<!DOCTYPE html><html><head><title>x</title><script>alert(1)</script></head><body><h1>휴가</h1>"
                        + "<p>" + FIRST + "</p><table><tr><th>직급</th><th>한도</th></tr><tr><td>과장</td><td>3</td></tr>"
                        + "</table><ul><li>하나</li></ul></body></html>");
        ParsedDocument document = formats.read(file, "a.html");
        assertThat(document.text()).isEqualTo("휴가\n\n" + FIRST + "\n\n직급 | 한도\n과장 | 3\n\n- 하나");
        assertThat(document.anchors()).hasSize(5);
    }

    @Test
    void markdownStaysReadable() {
        Path file = SampleFiles.text(
                directory.resolve("a"),
                "# 휴가 규정\n**연차**는 [규정](http://example.invalid/x)에 있다.\n\n| 직급 | 한도 |\n|---|---|\n| 과장 | 3 |\n");
        assertThat(formats.read(file, "a.md").text()).isEqualTo("# 휴가 규정\n\n연차는 규정에 있다.\n\n직급 | 한도\n과장 | 3");
    }

    @Test
    void cp949AndUtf16TextAreRecognised() {
        Path korean = SampleFiles.bytes(directory.resolve("a"), FIRST.getBytes(Charset.forName("x-windows-949")));
        assertThat(formats.read(korean, "a.txt").text()).isEqualTo(FIRST);
        Path wide = SampleFiles.bytes(directory.resolve("b"), ("\uFEFF" + FIRST).getBytes(Charset.forName("UTF-16LE")));
        assertThat(formats.read(wide, "b.txt").text()).isEqualTo(FIRST);
        Path page = SampleFiles.bytes(
                directory.resolve("c"),
                ("<html><head><meta charset=euc-kr></head><body>" + FIRST).getBytes(Charset.forName("x-windows-949")));
        assertThat(formats.read(page, "c.html").text()).isEqualTo(FIRST);
    }

    @Test
    void textIsNormalisedToNfcWithoutControlCharacters() {
        Path file = SampleFiles.text(
                directory.resolve("a"), Normalizer.normalize("한글", Normalizer.Form.NFD) + "\u0000\u0007 끝");
        // A NUL byte makes a file binary; without it the rest is normalised.
        assertThat(refusal(file, "a.txt")).isEqualTo(Code.UNSUPPORTED_TYPE);
        SampleFiles.text(file, Normalizer.normalize("한글이 여기 있다", Normalizer.Form.NFD) + " 끝");
        assertThat(formats.read(file, "a.txt").text()).isEqualTo("한글이 여기 있다 끝");
    }

    @Test
    void mislabelledFilesAreReadAsWhatTheyAre() {
        Path pdf = SampleFiles.pdf(directory.resolve("a"), List.of(List.of(FIRST)));
        assertThat(formats.read(pdf, "a.docx").mediaType()).isEqualTo("application/pdf");
        Path text = SampleFiles.text(directory.resolve("b"), FIRST);
        assertThat(formats.read(text, "b.pdf").mediaType()).isEqualTo("text/plain");
    }

    @Test
    void otherTypesAreRefused() {
        byte[] picture = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
        assertThat(refusal(SampleFiles.bytes(directory.resolve("a"), picture), "a.pdf"))
                .isEqualTo(Code.UNSUPPORTED_TYPE);
    }

    @Test
    void emptyAndTooLargeFilesAreRefused() {
        assertThat(refusal(SampleFiles.bytes(directory.resolve("a"), new byte[0]), "a.pdf"))
                .isEqualTo(Code.EMPTY_FILE);
        ParserLimits small = new ParserLimits(
                64, ParserLimits.defaults().timeLimit(), ParserLimits.defaults().idleLimit(), 10, 5, 1 << 20);
        Path file = SampleFiles.text(directory.resolve("b"), "123456789");
        DocumentFormats limited = new DocumentFormats(small);
        assertThat(catchThrowableOfType(DocumentParseException.class, () -> limited.read(file, "b.txt"))
                        .code())
                .isEqualTo(Code.TOO_LARGE);
        SampleFiles.text(file, "12345678901");
        assertThat(catchThrowableOfType(DocumentParseException.class, () -> limited.read(file, "b.txt"))
                        .code())
                .isEqualTo(Code.TOO_LARGE);
    }

    @Test
    void encryptedFilesAreRefused() throws Exception {
        Path pdf = directory.resolve("a.pdf");
        try (PDDocument document = Loader.loadPDF(
                Files.readAllBytes(SampleFiles.pdf(directory.resolve("plain"), List.of(List.of(FIRST)))))) {
            document.protect(new StandardProtectionPolicy("owner", "user", new AccessPermission()));
            document.save(pdf.toFile());
        }
        assertThat(refusal(pdf, "a.pdf")).isEqualTo(Code.ENCRYPTED);

        Path docx = SampleFiles.docx(directory.resolve("plain.docx"), List.of(FIRST), List.of());
        Path locked = directory.resolve("locked.docx");
        try (POIFSFileSystem compound = new POIFSFileSystem();
                OutputStream out = Files.newOutputStream(locked)) {
            Encryptor encryptor = new EncryptionInfo(EncryptionMode.agile).getEncryptor();
            encryptor.confirmPassword("secret");
            try (OutputStream data = encryptor.getDataStream(compound)) {
                Files.copy(docx, data);
            }
            compound.writeFilesystem(out);
        }
        assertThat(refusal(locked, "locked.docx")).isEqualTo(Code.ENCRYPTED);

        Path hwp = SampleFiles.hwp(directory.resolve("a.hwp"), List.of(FIRST));
        byte[] bytes = Files.readAllBytes(hwp);
        int header = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("HWP Document File");
        bytes[header + 36] |= 2;
        assertThat(refusal(SampleFiles.bytes(hwp, bytes), "a.hwp")).isEqualTo(Code.ENCRYPTED);
    }

    @Test
    void pictureOnlyPdfHasNoText() throws Exception {
        Path file = directory.resolve("a.pdf");
        try (PDDocument document = new PDDocument()) {
            document.addPage(new PDPage());
            document.save(file.toFile());
        }
        assertThat(refusal(file, "a.pdf")).isEqualTo(Code.NO_TEXT);
    }

    @Test
    void zipBombsAreRefused() {
        Path file = SampleFiles.zipBomb(directory.resolve("a"), 64L << 20);
        assertThat(refusal(file, "a.docx")).isEqualTo(Code.ZIP_BOMB);
    }

    /** Any prefix of a file, and any file with bytes turned over, is read or refused with a reason; nothing else. */
    @Test
    void damagedFilesAreRefusedOrReadButNeverEscape() throws Exception {
        List<Path> samples = List.of(
                SampleFiles.pdf(directory.resolve("s.pdf"), List.of(List.of(FIRST))),
                SampleFiles.docx(directory.resolve("s.docx"), List.of(FIRST), List.of()),
                SampleFiles.hwp(directory.resolve("s.hwp"), List.of(FIRST)),
                SampleFiles.hwpx(directory.resolve("s.hwpx"), List.of(FIRST)));
        java.util.SplittableRandom random = new java.util.SplittableRandom(20261123);
        Path damaged = directory.resolve("damaged");
        for (Path sample : samples) {
            byte[] bytes = Files.readAllBytes(sample);
            for (int round = 0; round < 12; round++) {
                byte[] copy =
                        java.util.Arrays.copyOf(bytes, round < 4 ? 1 + random.nextInt(bytes.length) : bytes.length);
                for (int flips = round < 4 ? 0 : 40; flips > 0; flips--) {
                    copy[random.nextInt(copy.length)] ^= (byte) (1 + random.nextInt(255));
                }
                SampleFiles.bytes(damaged, copy);
                try {
                    assertThat(formats.read(damaged, sample.getFileName().toString())
                                    .text())
                            .isNotBlank();
                } catch (DocumentParseException e) {
                    assertThat(e).hasMessageContaining("file").hasMessageEndingWith(".");
                }
            }
        }
    }

    private Code refusal(Path file, String filename) {
        return catchThrowableOfType(DocumentParseException.class, () -> formats.read(file, filename))
                .code();
    }

    private static String anchored(ParsedDocument document, int index) {
        Anchor anchor = document.anchors().get(index);
        return document.text().substring(anchor.start(), anchor.end());
    }
}

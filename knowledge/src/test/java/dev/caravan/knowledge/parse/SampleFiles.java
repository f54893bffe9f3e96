package dev.caravan.knowledge.parse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import kr.dogfoot.hwplib.object.HWPFile;
import kr.dogfoot.hwplib.object.bodytext.Section;
import kr.dogfoot.hwplib.object.bodytext.paragraph.Paragraph;
import kr.dogfoot.hwplib.writer.HWPWriter;
import kr.dogfoot.hwpxlib.object.HWPXFile;
import kr.dogfoot.hwpxlib.writer.HWPXWriter;
import org.apache.poi.xwpf.usermodel.XWPFDocument;
import org.apache.poi.xwpf.usermodel.XWPFTable;

/** Documents for tests, each written in its format by the format's library or by hand. */
public final class SampleFiles {

    private SampleFiles() {}

    /**
     * A PDF with Korean text in a font that is not embedded (Adobe-Korea1, UniKS-UCS2-H), so that no font file is
     * needed.
     *
     * @param pages lines of each page
     */
    public static Path pdf(Path file, List<List<String>> pages) {
        List<String> objects = new ArrayList<>();
        objects.add("<< /Type /Catalog /Pages 2 0 R >>");
        StringBuilder kids = new StringBuilder();
        for (int page = 0; page < pages.size(); page++) {
            kids.append(4 + 2 * page + 2).append(" 0 R ");
        }
        objects.add("<< /Type /Pages /Kids [" + kids + "] /Count " + pages.size() + " >>");
        objects.add("<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /UniKS-UCS2-H "
                + "/DescendantFonts [4 0 R] >>");
        objects.add("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium /DW 1000 /CIDSystemInfo "
                + "<< /Registry (Adobe) /Ordering (Korea1) /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor "
                + "/FontName /HYSMyeongJo-Medium /Flags 6 /FontBBox [0 -120 1000 880] /ItalicAngle 0 /Ascent 880 "
                + "/Descent -120 /CapHeight 720 /StemV 80 >> >>");
        for (List<String> lines : pages) {
            StringBuilder content = new StringBuilder("BT /F1 10 Tf 14 TL 50 780 Td\n");
            for (String line : lines) {
                content.append('<')
                        .append(HexFormat.of().formatHex(line.getBytes(StandardCharsets.UTF_16BE)))
                        .append("> Tj T*\n");
            }
            content.append("ET");
            objects.add("<< /Length " + content.length() + " >>\nstream\n" + content + "\nendstream");
            objects.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents " + objects.size()
                    + " 0 R /Resources << /Font << /F1 3 0 R >> >> >>");
        }
        StringBuilder pdf = new StringBuilder("%PDF-1.5\n");
        List<Integer> offsets = new ArrayList<>();
        for (int index = 0; index < objects.size(); index++) {
            offsets.add(pdf.length());
            pdf.append(index + 1).append(" 0 obj\n").append(objects.get(index)).append("\nendobj\n");
        }
        int table = pdf.length();
        pdf.append("xref\n0 ").append(objects.size() + 1).append("\n0000000000 65535 f \n");
        for (int offset : offsets) {
            pdf.append("%010d 00000 n \n".formatted(offset));
        }
        pdf.append("trailer << /Size ").append(objects.size() + 1).append(" /Root 1 0 R >>\nstartxref\n");
        pdf.append(table).append("\n%%EOF\n");
        return bytes(file, pdf.toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A DOCX with paragraphs and, if there are rows, a table at its end. */
    public static Path docx(Path file, List<String> paragraphs, List<List<String>> rows) {
        try (XWPFDocument document = new XWPFDocument();
                OutputStream out = Files.newOutputStream(file)) {
            for (String paragraph : paragraphs) {
                document.createParagraph().createRun().setText(paragraph);
            }
            if (!rows.isEmpty()) {
                XWPFTable table =
                        document.createTable(rows.size(), rows.getFirst().size());
                for (int row = 0; row < rows.size(); row++) {
                    for (int column = 0; column < rows.get(row).size(); column++) {
                        table.getRow(row).getCell(column).setText(rows.get(row).get(column));
                    }
                }
            }
            document.write(out);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An HWP 5 file written by hwplib. */
    public static Path hwp(Path file, List<String> paragraphs) throws Exception {
        HWPFile document = kr.dogfoot.hwplib.tool.blankfilemaker.BlankFileMaker.make();
        Section section = document.getBodyText().getSectionList().getFirst();
        section.getParagraph(0).getText().addString(paragraphs.getFirst());
        for (String text : paragraphs.subList(1, paragraphs.size())) {
            Paragraph paragraph = section.getParagraph(0).clone();
            paragraph.deleteText();
            paragraph.createText();
            paragraph.getText().addString(text);
            paragraph.getControlList().clear();
            int position = section.getParagraphCount();
            section.insertParagraph(position, paragraph);
        }
        HWPWriter.toFile(document, file.toString());
        return file;
    }

    /** An HWPX file written by hwpxlib. */
    public static Path hwpx(Path file, List<String> paragraphs) throws Exception {
        HWPXFile document = kr.dogfoot.hwpxlib.tool.blankfilemaker.BlankFileMaker.make();
        for (String text : paragraphs) {
            var paragraph = document.sectionXMLFileList().get(0).addNewPara();
            paragraph.idAnd("1").paraPrIDRefAnd("3").styleIDRef("0");
            var run = paragraph.addNewRun();
            run.charPrIDRef("0");
            run.addNewT().addText(text);
        }
        HWPXWriter.toFilepath(document, file.toString());
        return file;
    }

    /** A text file. */
    public static Path text(Path file, String text) {
        return bytes(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A file of these bytes. */
    public static Path bytes(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A ZIP that passes for a DOCX and unpacks to this many zero bytes. */
    public static Path zipBomb(Path file, long inflatedBytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        byte[] zeros = new byte[1 << 20];
        try (ZipOutputStream zip = new ZipOutputStream(packed)) {
            zip.putNextEntry(new ZipEntry("word/document.xml"));
            for (long written = 0; written < inflatedBytes; written += zeros.length) {
                zip.write(zeros);
            }
            zip.closeEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes(file, packed.toByteArray());
    }
}

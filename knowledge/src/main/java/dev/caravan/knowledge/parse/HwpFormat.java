package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import kr.dogfoot.hwplib.object.HWPFile;
import kr.dogfoot.hwplib.object.bodytext.ParagraphListInterface;
import kr.dogfoot.hwplib.object.bodytext.Section;
import kr.dogfoot.hwplib.object.bodytext.control.Control;
import kr.dogfoot.hwplib.object.bodytext.control.ControlEndnote;
import kr.dogfoot.hwplib.object.bodytext.control.ControlFootnote;
import kr.dogfoot.hwplib.object.bodytext.control.ControlTable;
import kr.dogfoot.hwplib.object.bodytext.control.gso.ControlArc;
import kr.dogfoot.hwplib.object.bodytext.control.gso.ControlContainer;
import kr.dogfoot.hwplib.object.bodytext.control.gso.ControlCurve;
import kr.dogfoot.hwplib.object.bodytext.control.gso.ControlEllipse;
import kr.dogfoot.hwplib.object.bodytext.control.gso.ControlPolygon;
import kr.dogfoot.hwplib.object.bodytext.control.gso.ControlRectangle;
import kr.dogfoot.hwplib.object.bodytext.control.gso.textbox.TextBox;
import kr.dogfoot.hwplib.object.bodytext.control.table.Cell;
import kr.dogfoot.hwplib.object.bodytext.control.table.Row;
import kr.dogfoot.hwplib.object.bodytext.paragraph.Paragraph;
import kr.dogfoot.hwplib.object.bodytext.paragraph.text.HWPChar;
import kr.dogfoot.hwplib.object.bodytext.paragraph.text.HWPCharNormal;
import kr.dogfoot.hwplib.reader.HWPReader;
import org.apache.poi.poifs.filesystem.DirectoryEntry;
import org.apache.poi.poifs.filesystem.DocumentEntry;
import org.apache.poi.poifs.filesystem.DocumentInputStream;
import org.apache.poi.poifs.filesystem.Entry;
import org.apache.poi.poifs.filesystem.POIFSFileSystem;
import org.jspecify.annotations.Nullable;

/**
 * HWP 5, Hancom's binary word-processor format, through hwplib: paragraphs, tables by row, text boxes and notes.
 * The header's flags and the size of the inflated streams are checked before hwplib sees the file; layout of the header
 * from Hancom's published description of the format, revision 1.3.
 */
final class HwpFormat {

    private static final int FLAGS_OFFSET = 36;
    private static final int FLAG_COMPRESSED = 1;
    private static final int FLAG_PASSWORD = 1 << 1;
    private static final int FLAG_DISTRIBUTION = 1 << 2;
    private static final int FLAG_DRM = 1 << 4;
    private static final int FLAG_CERTIFICATE_ENCRYPTED = 1 << 8;
    private static final int FLAG_CERTIFICATE_DRM = 1 << 10;
    private static final int MAXIMUM_DEPTH = 20;

    private final AnchoredTextBuilder out;

    private HwpFormat(AnchoredTextBuilder out) {
        this.out = out;
    }

    static void read(Path file, AnchoredTextBuilder out, long maximumInflatedBytes) throws IOException {
        int flags = check(file, maximumInflatedBytes);
        HWPFile document;
        try {
            document = HWPReader.fromFile(file.toFile());
        } catch (RuntimeException | IOException e) {
            throw e;
        } catch (Exception e) {
            if ((flags & FLAG_DISTRIBUTION) != 0) {
                throw new DocumentParseException(
                        Code.UNSUPPORTED_TYPE,
                        "The file is a distribution copy of HWP (배포용 문서), whose text is scrambled; save the original as "
                                + "HWP, HWPX or PDF and upload that.",
                        e);
            }
            throw new DocumentParseException(Code.BROKEN, DocumentFormats.BROKEN_MESSAGE, e);
        }
        HwpFormat format = new HwpFormat(out);
        for (Section section : document.getBodyText().getSectionList()) {
            format.paragraphs(section, 0);
        }
    }

    /** Returns the header's flags, when the file is neither protected nor a bomb. */
    private static int check(Path file, long maximumInflatedBytes) throws IOException {
        try (POIFSFileSystem compound = new POIFSFileSystem(file.toFile(), true)) {
            byte[] header = new byte[FLAGS_OFFSET + 4];
            try (DocumentInputStream in = compound.createDocumentInputStream("FileHeader")) {
                if (in.readNBytes(header, 0, header.length) < header.length) {
                    throw new DocumentParseException(Code.BROKEN, DocumentFormats.BROKEN_MESSAGE);
                }
            }
            int flags = (header[FLAGS_OFFSET] & 0xFF) | ((header[FLAGS_OFFSET + 1] & 0xFF) << 8);
            if ((flags & (FLAG_PASSWORD | FLAG_DRM | FLAG_CERTIFICATE_ENCRYPTED | FLAG_CERTIFICATE_DRM)) != 0) {
                throw FileTypeDetector.encrypted();
            }
            if ((flags & FLAG_COMPRESSED) != 0) {
                inflate(compound.getRoot(), maximumInflatedBytes);
            }
            return flags;
        }
    }

    /** Unpacks the text streams once without keeping anything, to learn their true size. */
    private static void inflate(DirectoryEntry root, long maximumInflatedBytes) throws IOException {
        long remaining = maximumInflatedBytes;
        List<Entry> streams = new ArrayList<>();
        if (root.hasEntry("DocInfo")) {
            streams.add(root.getEntry("DocInfo"));
        }
        if (root.hasEntry("BodyText") && root.getEntry("BodyText") instanceof DirectoryEntry sections) {
            sections.forEach(streams::add);
        }
        for (Entry stream : streams) {
            if (stream instanceof DocumentEntry document) {
                remaining -= inflatedBytes(document, remaining);
            }
        }
    }

    private static long inflatedBytes(DocumentEntry entry, long limit) throws IOException {
        byte[] packed;
        try (DocumentInputStream in = new DocumentInputStream(entry)) {
            packed = in.readAllBytes();
        }
        byte[] scratch = new byte[64 << 10];
        long total = 0;
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(packed);
            while (!inflater.finished()) {
                int count = inflater.inflate(scratch);
                total += count;
                if (total > limit) {
                    throw ZipGuard.bomb();
                }
                if (count == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                    break;
                }
            }
        } catch (DataFormatException e) {
            throw new DocumentParseException(Code.BROKEN, DocumentFormats.BROKEN_MESSAGE, e);
        }
        return total;
    }

    private void paragraphs(ParagraphListInterface list, int depth) throws IOException {
        for (Paragraph paragraph : list.getParagraphs()) {
            out.paragraph(text(paragraph));
            if (paragraph.getControlList() != null) {
                for (Control control : paragraph.getControlList()) {
                    control(control, depth + 1);
                }
            }
        }
    }

    private void control(@Nullable Control control, int depth) throws IOException {
        if (control == null || depth > MAXIMUM_DEPTH) {
            return;
        }
        switch (control) {
            case ControlTable table -> table(table);
            case ControlFootnote note -> paragraphs(note.getParagraphList(), depth);
            case ControlEndnote note -> paragraphs(note.getParagraphList(), depth);
            case ControlContainer container -> {
                for (Control child : container.getChildControlList()) {
                    control(child, depth + 1);
                }
            }
            default -> {
                TextBox box = textBox(control);
                if (box != null) {
                    paragraphs(box.getParagraphList(), depth);
                }
            }
        }
    }

    private static @Nullable TextBox textBox(Control control) {
        return switch (control) {
            case ControlRectangle shape -> shape.getTextBox();
            case ControlEllipse shape -> shape.getTextBox();
            case ControlPolygon shape -> shape.getTextBox();
            case ControlArc shape -> shape.getTextBox();
            case ControlCurve shape -> shape.getTextBox();
            default -> null;
        };
    }

    private void table(ControlTable table) throws IOException {
        boolean firstRow = true;
        for (Row row : table.getRowList()) {
            List<String> cells = new ArrayList<>();
            for (Cell cell : row.getCellList()) {
                StringBuilder content = new StringBuilder();
                flatten(cell.getParagraphList(), content, 0);
                cells.add(content.toString());
            }
            out.row(cells, firstRow);
            firstRow = false;
        }
        if (table.getCaption() != null) {
            paragraphs(table.getCaption().getParagraphList(), MAXIMUM_DEPTH);
        }
    }

    /** A cell's text on one line, tables inside it included. */
    private static void flatten(ParagraphListInterface list, StringBuilder content, int depth) throws IOException {
        for (Paragraph paragraph : list.getParagraphs()) {
            content.append(text(paragraph)).append(' ');
            if (paragraph.getControlList() == null || depth > MAXIMUM_DEPTH) {
                continue;
            }
            for (Control control : paragraph.getControlList()) {
                if (control instanceof ControlTable inner) {
                    for (Row row : inner.getRowList()) {
                        for (Cell cell : row.getCellList()) {
                            flatten(cell.getParagraphList(), content, depth + 1);
                        }
                    }
                }
            }
        }
    }

    private static String text(Paragraph paragraph) throws IOException {
        StringBuilder text = new StringBuilder();
        if (paragraph.getText() == null) {
            return "";
        }
        for (HWPChar character : paragraph.getText().getCharList()) {
            if (character instanceof HWPCharNormal normal) {
                text.append(normal.getCh());
            } else if (character.isLineBreak()) {
                text.append('\n');
            } else if (character.isSpace()) {
                text.append(' ');
            }
        }
        return text.toString();
    }
}

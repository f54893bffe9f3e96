package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import kr.dogfoot.hwpxlib.object.HWPXFile;
import kr.dogfoot.hwpxlib.object.content.section_xml.ParaListCore;
import kr.dogfoot.hwpxlib.object.content.section_xml.SectionXMLFile;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.Ctrl;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.CtrlItem;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.Para;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.Run;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.RunItem;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.T;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.TItem;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.ctrl.inner.FootNoteEndNoteCore;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.object.Container;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.object.Table;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.object.drawingobject.DrawingObject;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.object.table.Tc;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.object.table.Tr;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.t.FWSpace;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.t.Hyphen;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.t.LineBreak;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.t.NBSpace;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.t.NormalText;
import kr.dogfoot.hwpxlib.object.content.section_xml.paragraph.t.Tab;
import kr.dogfoot.hwpxlib.reader.HWPXReader;

/** HWPX, Hancom's XML word-processor format (KS X 6101), through hwpxlib: paragraphs, table rows, text boxes, notes. */
final class HwpxFormat {

    private static final int MAXIMUM_DEPTH = 20;
    private static final int MAXIMUM_MANIFEST_BYTES = 1 << 20;

    private final AnchoredTextBuilder out;

    private HwpxFormat(AnchoredTextBuilder out) {
        this.out = out;
    }

    static void read(Path file, AnchoredTextBuilder out) throws IOException {
        refuseEncrypted(file);
        HWPXFile document;
        try {
            document = HWPXReader.fromFile(file.toFile());
        } catch (RuntimeException | IOException e) {
            throw e;
        } catch (Exception e) {
            throw new DocumentParseException(Code.BROKEN, DocumentFormats.BROKEN_MESSAGE, e);
        }
        HwpxFormat format = new HwpxFormat(out);
        for (SectionXMLFile section : document.sectionXMLFileList().items()) {
            format.paragraphs(section, 0);
        }
    }

    private static void refuseEncrypted(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry manifest = zip.getEntry("META-INF/manifest.xml");
            if (manifest == null) {
                return;
            }
            byte[] bytes = zip.getInputStream(manifest).readNBytes(MAXIMUM_MANIFEST_BYTES);
            if (new String(bytes, StandardCharsets.UTF_8).contains("encryption-data")) {
                throw FileTypeDetector.encrypted();
            }
        }
    }

    private void paragraphs(ParaListCore list, int depth) {
        if (list == null || depth > MAXIMUM_DEPTH) {
            return;
        }
        for (Para paragraph : list.paras()) {
            StringBuilder text = new StringBuilder();
            List<RunItem> objects = new ArrayList<>();
            for (Run run : paragraph.runs()) {
                for (RunItem item : run.runItems()) {
                    if (item instanceof T piece) {
                        append(piece, text);
                    } else {
                        objects.add(item);
                    }
                }
            }
            out.paragraph(text.toString());
            for (RunItem object : objects) {
                object(object, depth + 1);
            }
        }
    }

    private void object(Object object, int depth) {
        if (depth > MAXIMUM_DEPTH) {
            return;
        }
        switch (object) {
            case Table table -> table(table);
            case DrawingObject<?> drawing -> {
                if (drawing.drawText() != null) {
                    paragraphs(drawing.drawText().subList(), depth);
                }
            }
            case Container container -> {
                for (Object child : container.children()) {
                    object(child, depth + 1);
                }
            }
            case Ctrl control -> {
                for (CtrlItem item : control.ctrlItems()) {
                    if (item instanceof FootNoteEndNoteCore<?> note) {
                        paragraphs(note.subList(), depth);
                    }
                }
            }
            default -> {
                // Pictures, equations, fields and the like hold no running text.
            }
        }
    }

    private void table(Table table) {
        boolean firstRow = true;
        for (Tr row : table.trs()) {
            List<String> cells = new ArrayList<>();
            for (Tc cell : row.tcs()) {
                StringBuilder content = new StringBuilder();
                flatten(cell.subList(), content, 0);
                cells.add(content.toString());
            }
            out.row(cells, firstRow);
            firstRow = false;
        }
    }

    /** A cell's text on one line, tables inside it included. */
    private static void flatten(ParaListCore list, StringBuilder content, int depth) {
        if (list == null || depth > MAXIMUM_DEPTH) {
            return;
        }
        for (Para paragraph : list.paras()) {
            for (Run run : paragraph.runs()) {
                for (RunItem item : run.runItems()) {
                    if (item instanceof T piece) {
                        append(piece, content);
                    } else if (item instanceof Table inner) {
                        for (Tr row : inner.trs()) {
                            for (Tc cell : row.tcs()) {
                                flatten(cell.subList(), content, depth + 1);
                            }
                        }
                    }
                }
            }
            content.append(' ');
        }
    }

    private static void append(T piece, StringBuilder text) {
        if (piece.isOnlyText()) {
            text.append(piece.onlyText() == null ? "" : piece.onlyText());
            return;
        }
        if (piece.isEmpty()) {
            return;
        }
        for (TItem item : piece.items()) {
            switch (item) {
                case NormalText run -> text.append(run.text());
                case LineBreak _ -> text.append('\n');
                case Tab _ -> text.append(' ');
                case NBSpace _ -> text.append(' ');
                case FWSpace _ -> text.append(' ');
                case Hyphen _ -> text.append('-');
                default -> {
                    // Marks of editing (marker pen, insertion, deletion) hold no text.
                }
            }
        }
    }
}

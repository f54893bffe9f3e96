package dev.caravan.knowledge.parse;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects a document's text block by block and keeps the anchors. A document has either pages or paragraphs: once a
 * page has begun, blocks are not numbered. Text is normalised to NFC here, and only here, so that every offset of the
 * finished document counts the same characters.
 */
final class AnchoredTextBuilder {

    private static final String BLOCK_SEPARATOR = "\n\n";
    private static final String CELL_SEPARATOR = " | ";

    private final StringBuilder text = new StringBuilder();
    private final List<Anchor> anchors = new ArrayList<>();
    private final int maximumCharacters;
    private int paragraphs;
    private int page;
    private int pageStart = -1;

    AnchoredTextBuilder(int maximumCharacters) {
        this.maximumCharacters = maximumCharacters;
    }

    /** Begins the next page. */
    void nextPage() {
        closePage();
        page++;
        pageStart = -1;
    }

    /** Adds a block of running text; a blank one is left out. */
    void paragraph(String raw) {
        append(clean(raw), BLOCK_SEPARATOR);
    }

    /** Adds a table row on a line of its own, without its blank cells; a row of blank cells is left out. */
    void row(List<String> cells, boolean firstRow) {
        List<String> cleaned = new ArrayList<>();
        for (String cell : cells) {
            String one = clean(cell).replace('\n', ' ');
            if (!one.isBlank()) {
                cleaned.add(one);
            }
        }
        if (!cleaned.isEmpty()) {
            append(String.join(CELL_SEPARATOR, cleaned), firstRow ? BLOCK_SEPARATOR : "\n");
        }
    }

    /**
     * The finished document.
     *
     * @throws DocumentParseException with NO_TEXT if nothing was added
     */
    ParsedDocument build(String mediaType) {
        closePage();
        if (text.isEmpty()) {
            throw new DocumentParseException(
                    DocumentParseException.Code.NO_TEXT,
                    "The file holds no text, only pictures or empty pages; run OCR on it and upload the result.");
        }
        return new ParsedDocument(text.toString(), anchors, mediaType);
    }

    private void append(String block, String separator) {
        if (block.isEmpty()) {
            return;
        }
        if (text.length() + (long) block.length() + separator.length() > maximumCharacters) {
            throw new DocumentParseException(
                    DocumentParseException.Code.TOO_LARGE,
                    "The file holds more than " + maximumCharacters + " characters of text; split it into parts.");
        }
        if (!text.isEmpty()) {
            text.append(separator);
        }
        int start = text.length();
        text.append(block);
        if (page == 0) {
            anchors.add(new Anchor(start, text.length(), null, ++paragraphs));
        } else if (pageStart < 0) {
            pageStart = start;
        }
    }

    private void closePage() {
        if (page > 0 && pageStart >= 0) {
            anchors.add(new Anchor(pageStart, text.length(), page, null));
        }
    }

    /** NFC, without control characters and with single spaces; line breaks stay. */
    static String clean(@Nullable String raw) {
        if (raw == null || raw.isEmpty()) {
            return "";
        }
        String normal = Normalizer.normalize(raw, Normalizer.Form.NFC);
        StringBuilder clean = new StringBuilder(normal.length());
        boolean space = false;
        for (int index = 0; index < normal.length(); ) {
            int codePoint = normal.codePointAt(index);
            index += Character.charCount(codePoint);
            if (codePoint == '\n') {
                clean.append('\n');
                space = true;
            } else if (Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint)) {
                if (!space) {
                    clean.append(' ');
                }
                space = true;
            } else if (isKept(codePoint)) {
                clean.appendCodePoint(codePoint);
                space = false;
            }
        }
        return clean.toString().replace(" \n", "\n").strip();
    }

    private static boolean isKept(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.SURROGATE, Character.UNASSIGNED -> false;
            default -> codePoint != 0xFEFF && codePoint != 0x00AD;
        };
    }
}

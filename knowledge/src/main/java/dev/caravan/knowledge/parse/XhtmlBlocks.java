package dev.caravan.knowledge.parse;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xml.sax.Attributes;
import org.xml.sax.helpers.DefaultHandler;

/** Takes the XHTML events of Tika's PDF and DOCX parsers and hands over pages, paragraphs and table rows. */
final class XhtmlBlocks extends DefaultHandler {

    private static final Set<String> BLOCKS =
            Set.of("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "pre", "blockquote", "body");
    private static final Set<String> SKIPPED = Set.of("head", "title", "script", "style");

    private final AnchoredTextBuilder out;
    private final boolean pages;
    private final StringBuilder running = new StringBuilder();
    private final StringBuilder page = new StringBuilder();
    private @Nullable List<String> row;
    private boolean firstRow;
    private int tableDepth;
    private int skippedDepth;

    /**
     * A handler.
     *
     * @param pages whether {@code div class="page"} begins a page, and lines are joined as in a PDF
     */
    XhtmlBlocks(AnchoredTextBuilder out, boolean pages) {
        this.out = out;
        this.pages = pages;
    }

    @Override
    public void startElement(String uri, String localName, String qualifiedName, Attributes attributes) {
        if (SKIPPED.contains(localName)) {
            skippedDepth++;
        } else if (localName.equals("table")) {
            if (tableDepth++ == 0) {
                flush();
                firstRow = true;
            }
        } else if (localName.equals("tr") && tableDepth == 1) {
            row = new ArrayList<>();
        } else if ((localName.equals("td") || localName.equals("th")) && tableDepth == 1) {
            running.setLength(0);
        } else if (localName.equals("br")) {
            running.append('\n');
        } else if (BLOCKS.contains(localName)) {
            flush();
            if (pages && "page".equals(attributes.getValue("class"))) {
                endPage();
                out.nextPage();
            }
        }
    }

    @Override
    public void endElement(String uri, String localName, String qualifiedName) {
        List<String> cells = row;
        if (SKIPPED.contains(localName)) {
            skippedDepth--;
        } else if (localName.equals("table")) {
            tableDepth--;
        } else if ((localName.equals("td") || localName.equals("th")) && tableDepth == 1 && cells != null) {
            cells.add(running.toString());
            running.setLength(0);
        } else if (localName.equals("tr") && tableDepth == 1 && cells != null) {
            out.row(cells, firstRow);
            firstRow = false;
            row = null;
        } else if (BLOCKS.contains(localName)) {
            flush();
        }
    }

    @Override
    public void endDocument() {
        flush();
        endPage();
    }

    @Override
    public void characters(char[] characters, int start, int length) {
        if (skippedDepth == 0) {
            running.append(characters, start, length);
        }
    }

    @Override
    public void ignorableWhitespace(char[] characters, int start, int length) {
        characters(characters, start, length);
    }

    /** Ends a block; inside a table cell a block is only a break between words. */
    private void flush() {
        if (tableDepth > 0) {
            running.append(' ');
            return;
        }
        String block = running.toString();
        running.setLength(0);
        if (pages) {
            page.append(block.strip()).append("\n\n");
        } else {
            out.paragraph(block);
        }
    }

    private void endPage() {
        out.paragraph(LineJoiner.join(page.toString()));
        page.setLength(0);
    }
}

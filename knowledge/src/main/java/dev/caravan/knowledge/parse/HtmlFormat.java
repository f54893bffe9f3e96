package dev.caravan.knowledge.parse;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;

/** HTML: what a reader would see, block by block; scripts, styles and navigation are left out. Nothing is fetched. */
final class HtmlFormat {

    private static final Set<String> SKIPPED =
            Set.of("script", "style", "noscript", "template", "head", "nav", "svg", "iframe", "object", "select");
    private static final Set<String> BLOCKS = Set.of(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "html",
            "li",
            "main",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "ul");
    private static final int MAXIMUM_DEPTH = 400;

    private final AnchoredTextBuilder out;
    private final StringBuilder running = new StringBuilder();

    private HtmlFormat(AnchoredTextBuilder out) {
        this.out = out;
    }

    static void read(String html, AnchoredTextBuilder out) {
        HtmlFormat format = new HtmlFormat(out);
        format.element(Jsoup.parse(html).body(), 0);
        format.flush();
    }

    private void element(Element element, int depth) {
        if (depth > MAXIMUM_DEPTH) {
            running.append(element.wholeText());
            return;
        }
        String tag = element.tagName().toLowerCase(Locale.ROOT);
        if (SKIPPED.contains(tag)) {
            return;
        }
        if (tag.equals("table") && element.select("table").size() == 1) {
            flush();
            table(element);
            return;
        }
        boolean block = BLOCKS.contains(tag);
        if (block) {
            flush();
        }
        if (tag.equals("br")) {
            running.append('\n');
        } else if (tag.equals("li")) {
            running.append("- ");
        }
        for (Node child : element.childNodes()) {
            if (child instanceof TextNode textNode) {
                running.append(tag.equals("pre") ? textNode.getWholeText() : flowing(textNode));
            } else if (child instanceof Element inner) {
                element(inner, depth + 1);
            }
        }
        if (block) {
            flush();
        }
    }

    private void table(Element table) {
        boolean firstRow = true;
        for (Element caption : table.select("caption")) {
            out.paragraph(caption.text());
        }
        for (Element row : table.select("tr")) {
            List<String> cells = new ArrayList<>();
            for (Element cell : row.select("> td, > th")) {
                cells.add(cell.text());
            }
            out.row(cells, firstRow);
            firstRow = false;
        }
    }

    private static String flowing(TextNode node) {
        return node.getWholeText().replace('\n', ' ').replace('\r', ' ');
    }

    private void flush() {
        String block = running.toString();
        running.setLength(0);
        if (!block.strip().equals("-")) {
            out.paragraph(block);
        }
    }
}

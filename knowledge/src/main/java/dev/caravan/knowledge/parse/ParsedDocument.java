package dev.caravan.knowledge.parse;

import java.util.List;

/**
 * A document's plain text, in Unicode NFC, with the pages or paragraphs that it came from.
 *
 * @param text the text; segments, quotes and anchors are spans of it
 * @param anchors in ascending order, without overlap
 * @param mediaType the type that the content turned out to have, such as {@code application/pdf}
 */
public record ParsedDocument(String text, List<Anchor> anchors, String mediaType) {

    public ParsedDocument {
        anchors = List.copyOf(anchors);
        int position = 0;
        for (Anchor anchor : anchors) {
            if (anchor.start() < position || anchor.end() > text.length()) {
                throw new IllegalArgumentException(
                        "anchor " + anchor + " overlaps or leaves the text of " + text.length() + " UTF-16 code units");
            }
            position = anchor.end();
        }
    }
}

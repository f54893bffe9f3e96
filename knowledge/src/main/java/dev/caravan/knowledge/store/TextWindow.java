package dev.caravan.knowledge.store;

import dev.caravan.knowledge.parse.Anchor;
import java.util.List;

/**
 * A part of a document's text around a passage. Offsets are UTF-16 code units of the whole text.
 *
 * @param text the part
 * @param offset where the part starts
 * @param length length of the whole text
 * @param anchors the pages or paragraphs that the part touches
 * @param filename name of a file that holds the document
 */
public record TextWindow(String text, int offset, int length, List<Anchor> anchors, String filename) {

    public TextWindow {
        anchors = List.copyOf(anchors);
    }
}

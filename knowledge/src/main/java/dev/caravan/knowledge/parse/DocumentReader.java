package dev.caravan.knowledge.parse;

import java.nio.file.Path;

/** Reads a file into text with anchors. Implementations are thread-safe. */
@FunctionalInterface
public interface DocumentReader {

    /**
     * The text of a file.
     *
     * @param file the content; its own name does not matter
     * @param filename the name that the person gave it; decides where the content alone does not
     * @throws DocumentParseException when the file cannot be read, with the reason
     */
    ParsedDocument read(Path file, String filename);
}

package dev.caravan.knowledge.split;

import org.jspecify.annotations.Nullable;

/**
 * A span of a document that is searched as one.
 *
 * @param start first UTF-16 code unit in the document's text
 * @param end end, exclusive
 * @param text the verbatim substring {@code start..end}
 * @param page page on which it starts, for formats that have pages
 * @param paragraph paragraph in which it starts, for the others
 * @param heading nearest heading above it, if there is one; searched with the segment, not part of its text
 */
public record Segment(
        int start,
        int end,
        String text,
        @Nullable Integer page,
        @Nullable Integer paragraph,
        @Nullable String heading) {

    public Segment {
        if (start < 0 || end - start != text.length()) {
            throw new IllegalArgumentException(
                    "span " + start + ".." + end + " does not fit a text of " + text.length() + " UTF-16 code units");
        }
    }

    /** What is embedded and indexed: the heading, then the text. */
    public String searchText() {
        return heading == null ? text : heading + "\n" + text;
    }
}

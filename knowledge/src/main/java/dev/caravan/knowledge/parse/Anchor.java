package dev.caravan.knowledge.parse;

import org.jspecify.annotations.Nullable;

/**
 * A page or paragraph of the source, as a span of the document's text.
 *
 * @param start first UTF-16 code unit, inclusive; never inside a surrogate pair
 * @param end last UTF-16 code unit, exclusive
 * @param page page number from 1, for formats that have pages
 * @param paragraph paragraph number from 1, for the others
 */
public record Anchor(
        int start,
        int end,
        @Nullable Integer page,
        @Nullable Integer paragraph) {

    public Anchor {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("anchor span " + start + ".." + end + " is not a span");
        }
        if ((page == null) == (paragraph == null)) {
            throw new IllegalArgumentException("an anchor has either a page or a paragraph");
        }
    }
}

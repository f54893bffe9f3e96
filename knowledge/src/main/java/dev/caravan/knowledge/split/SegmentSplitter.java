package dev.caravan.knowledge.split;

import dev.caravan.knowledge.parse.Anchor;
import dev.caravan.knowledge.parse.ParsedDocument;
import dev.caravan.knowledge.text.Sentences;
import dev.caravan.knowledge.text.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Splits a document into segments of whole sentences within a token budget. A heading begins a segment and is kept with
 * all segments below it; the last sentence of a segment is repeated at the start of the next if it is short, so that a
 * reference to it is not lost. Each segment is a verbatim span of the text. Thread-safe if the token counter is.
 */
public final class SegmentSplitter {

    private static final int DEFAULT_TOKENS = 220;
    private static final int DEFAULT_OVERLAP_TOKENS = 40;
    /** A heading or a new page ends a segment only if that holds at least this share of its budget. */
    private static final double BREAK_SHARE = 0.3;

    private final ToIntFunction<String> tokenCounter;
    private final int maximumTokens;
    private final int overlapTokens;

    /**
     * A splitter.
     *
     * @param tokenCounter counts the embedding model's tokens of a text
     * @param maximumTokens budget of one segment
     * @param overlapTokens a last sentence of at most so many tokens is repeated
     */
    public SegmentSplitter(ToIntFunction<String> tokenCounter, int maximumTokens, int overlapTokens) {
        if (maximumTokens < 16 || overlapTokens < 0 || overlapTokens * 2 > maximumTokens) {
            throw new IllegalArgumentException("segment budget " + maximumTokens + " tokens with an overlap of "
                    + overlapTokens + " does not work");
        }
        this.tokenCounter = tokenCounter;
        this.maximumTokens = maximumTokens;
        this.overlapTokens = overlapTokens;
    }

    /** About 220 tokens with an overlap of at most 40. */
    public static SegmentSplitter withDefaults(ToIntFunction<String> tokenCounter) {
        return new SegmentSplitter(tokenCounter, DEFAULT_TOKENS, DEFAULT_OVERLAP_TOKENS);
    }

    /** The segments of a document, in its order. */
    public List<Segment> split(ParsedDocument document) {
        List<Piece> pieces = pieces(document);
        List<Segment> segments = new ArrayList<>();
        int first = 0;
        int tokens = 0;
        for (int index = 0; index < pieces.size(); index++) {
            Piece piece = pieces.get(index);
            boolean full = tokens + piece.tokens > maximumTokens;
            boolean section = (piece.heading || piece.opensPage) && tokens >= maximumTokens * BREAK_SHARE;
            if (index > first && (full || section)) {
                int last = index - 1;
                // A heading without its text would be a segment about nothing: it moves to the next one.
                while (last > first && pieces.get(last).heading) {
                    last--;
                }
                segments.add(segment(document, pieces, first, last));
                first = section || pieces.get(last + 1).heading ? last + 1 : overlapStart(pieces, first, last, piece);
                tokens = 0;
                for (int earlier = first; earlier < index; earlier++) {
                    tokens += pieces.get(earlier).tokens;
                }
            }
            tokens += piece.tokens;
        }
        if (first < pieces.size()) {
            segments.add(segment(document, pieces, first, pieces.size() - 1));
        }
        return segments;
    }

    private int overlapStart(List<Piece> pieces, int first, int last, Piece next) {
        Piece repeated = pieces.get(last);
        boolean fits = repeated.tokens <= overlapTokens && repeated.tokens + next.tokens <= maximumTokens;
        return last > first && fits && !repeated.heading ? last : last + 1;
    }

    private static Segment segment(ParsedDocument document, List<Piece> pieces, int first, int last) {
        int start = pieces.get(first).span.start();
        int end = pieces.get(last).span.end();
        String heading = null;
        for (int index = first - 1; index >= 0 && heading == null && !pieces.get(first).heading; index--) {
            if (pieces.get(index).heading) {
                heading = pieces.get(index).span.of(document.text());
            }
        }
        Anchor anchor = anchorAt(document.anchors(), start);
        return new Segment(
                start,
                end,
                document.text().substring(start, end),
                anchor == null ? null : anchor.page(),
                anchor == null ? null : anchor.paragraph(),
                heading);
    }

    private List<Piece> pieces(ParsedDocument document) {
        String text = document.text();
        List<Span> sentences = Sentences.of(text);
        List<Piece> pieces = new ArrayList<>();
        for (int index = 0; index < sentences.size(); index++) {
            Span sentence = sentences.get(index);
            Span next = index + 1 < sentences.size() ? sentences.get(index + 1) : null;
            boolean heading = Headings.isHeading(text, sentence, next);
            Anchor anchor = anchorAt(document.anchors(), sentence.start());
            boolean opensPage = anchor != null && anchor.page() != null && anchor.start() == sentence.start();
            add(text, sentence, heading, opensPage, pieces);
        }
        return pieces;
    }

    /** Adds a sentence, in parts if it alone exceeds the budget. */
    private void add(String text, Span span, boolean heading, boolean opensPage, List<Piece> pieces) {
        int tokens = tokenCounter.applyAsInt(span.of(text));
        if (tokens <= maximumTokens || span.length() < 2) {
            pieces.add(new Piece(span, tokens, heading, opensPage));
            return;
        }
        int middle = middle(text, span);
        add(text, new Span(span.start(), middle), heading, opensPage, pieces);
        int rest = middle;
        while (rest < span.end() - 1 && Character.isWhitespace(text.charAt(rest))) {
            rest++;
        }
        add(text, new Span(rest, span.end()), false, false, pieces);
    }

    /** A place near the middle, at white space if there is any, never inside a surrogate pair. */
    private static int middle(String text, Span span) {
        int middle = span.start() + span.length() / 2;
        for (int distance = 0; distance < span.length() / 4; distance++) {
            if (Character.isWhitespace(text.charAt(middle - distance))) {
                return middle - distance;
            }
            if (Character.isWhitespace(text.charAt(middle + distance))) {
                return middle + distance;
            }
        }
        boolean insidePair = Character.isLowSurrogate(text.charAt(middle));
        return insidePair ? (middle - 1 > span.start() ? middle - 1 : middle + 1) : middle;
    }

    private static @Nullable Anchor anchorAt(List<Anchor> anchors, int position) {
        int low = 0;
        int high = anchors.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Anchor anchor = anchors.get(middle);
            if (anchor.end() <= position) {
                low = middle + 1;
            } else if (anchor.start() > position) {
                high = middle - 1;
            } else {
                return anchor;
            }
        }
        return null;
    }

    private record Piece(Span span, int tokens, boolean heading, boolean opensPage) {}
}

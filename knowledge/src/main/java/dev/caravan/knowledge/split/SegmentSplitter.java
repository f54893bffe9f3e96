package dev.caravan.knowledge.split;

import dev.caravan.knowledge.parse.ParsedDocument;
import java.util.List;
import java.util.function.ToIntFunction;

/** Splits a document into segments of whole sentences. Thread-safe if the token counter is. */
public final class SegmentSplitter {

    private final ToIntFunction<String> tokenCounter;
    private final int maximumTokens;
    private final int overlapTokens;

    /**
     * A splitter.
     *
     * @param tokenCounter counts the embedding model's tokens of a text
     * @param maximumTokens budget of one segment
     * @param overlapTokens at most this much of a segment's end is repeated at the start of the next
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
        return new SegmentSplitter(tokenCounter, 220, 40);
    }

    /** The segments of a document, in its order. */
    public List<Segment> split(ParsedDocument document) {
        return dev.caravan.knowledge.Unfinished.body(tokenCounter, maximumTokens, overlapTokens);
    }
}

package dev.caravan.engine.tokenizer;

import java.util.Arrays;

/**
 * Cuts text at a pattern, as {@code Split}, {@code Digits}, {@code Punctuation} and {@code Whitespace} of
 * {@code tokenizer.json} do.
 *
 * @param inverted whether what lies between the matches counts as matched, and the matches do not
 */
record SplitStep(TextPattern pattern, Behavior behavior, boolean inverted) implements PreTokenizerStep {

    SplitStep(TextPattern pattern, Behavior behavior) {
        this(pattern, behavior, false);
    }

    /** What becomes of the matches; the names are those of the file. */
    enum Behavior {
        /** Matches are dropped. */
        REMOVED,
        /** Every match is a part of its own. */
        ISOLATED,
        /** A match ends the part before it. */
        MERGED_WITH_PREVIOUS,
        /** A match begins the part after it. */
        MERGED_WITH_NEXT,
        /** Matches that touch are one part. */
        CONTIGUOUS
    }

    @Override
    public void split(String text, int start, int end, boolean first, PartSink next) {
        switch (behavior) {
            case ISOLATED, REMOVED -> isolate(text, start, end, first, next);
            case CONTIGUOUS, MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT -> merge(text, start, end, first, next);
        }
    }

    private void isolate(String text, int start, int end, boolean first, PartSink next) {
        boolean keepsMatches = behavior == Behavior.ISOLATED || inverted;
        boolean keepsGaps = behavior == Behavior.ISOLATED || !inverted;
        int[] position = {start};
        pattern.find(text, start, end, (from, to) -> {
            if (keepsGaps) {
                emit(text, position[0], from, first && position[0] == start, next);
            }
            if (keepsMatches) {
                emit(text, from, to, first && from == start, next);
            }
            position[0] = to;
        });
        if (keepsGaps) {
            emit(text, position[0], end, first && position[0] == start, next);
        }
    }

    private static void emit(String text, int start, int end, boolean first, PartSink next) {
        if (start < end) {
            next.part(text, start, end, first);
        }
    }

    private void merge(String text, int start, int end, boolean first, PartSink next) {
        Pieces pieces = new Pieces();
        int[] position = {start};
        pattern.find(text, start, end, (from, to) -> {
            if (position[0] != from) {
                pieces.add(from, inverted);
            }
            pieces.add(to, !inverted);
            position[0] = to;
        });
        if (position[0] != end) {
            pieces.add(end, inverted);
        }
        int from = start;
        for (int i = 0; i < pieces.count; i++) {
            if (i + 1 < pieces.count && joinsNext(pieces, i)) {
                continue;
            }
            emit(text, from, pieces.ends[i], first && from == start, next);
            from = pieces.ends[i];
        }
    }

    /** Whether the piece and the one after it belong together; runs of matches join one neighbour only. */
    private boolean joinsNext(Pieces pieces, int i) {
        boolean match = pieces.matches[i];
        boolean nextMatch = pieces.matches[i + 1];
        return switch (behavior) {
            case CONTIGUOUS -> match == nextMatch;
            case MERGED_WITH_PREVIOUS -> nextMatch && !match;
            case MERGED_WITH_NEXT -> match && !nextMatch;
            case REMOVED, ISOLATED -> false;
        };
    }

    /** Matches and what lies between them, by their ends. */
    private static final class Pieces {
        private int[] ends = new int[16];
        private boolean[] matches = new boolean[16];
        private int count;

        void add(int end, boolean match) {
            if (count == ends.length) {
                ends = Arrays.copyOf(ends, count * 2);
                matches = Arrays.copyOf(matches, count * 2);
            }
            ends[count] = end;
            matches[count++] = match;
        }
    }
}

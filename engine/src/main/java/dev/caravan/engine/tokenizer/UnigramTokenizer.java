package dev.caravan.engine.tokenizer;

import java.util.Arrays;

/**
 * SentencePiece's unigram model (XLM-RoBERTa, multilingual-e5): of all ways to cut the normalised text into pieces, the one
 * whose scores add up highest (Viterbi). Characters without a piece become the unknown token, a run of them one token.
 * Immutable and thread-safe.
 */
public final class UnigramTokenizer {
    /** SentencePiece: an unknown character costs this much more than the worst piece. */
    private static final float UNKNOWN_PENALTY = 10;

    private static final int SPACE_MARK = 0x2581;

    /**
     * The vocabulary; a piece's id is its index.
     *
     * @param pieces UTF-8, spaces spelled U+2581; an empty piece is never matched
     * @param scores log probabilities
     * @param unknown the id of the unknown token
     * @param reserved ids that text never becomes: beginning and end of sequence, padding, unknown, mask
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over at loading, never written
    public record Vocabulary(byte[][] pieces, float[] scores, int unknown, int[] reserved) {
        public Vocabulary {
            if (scores.length != pieces.length) {
                throw new IllegalArgumentException(
                        "the vocabulary has %d pieces but %d scores; the file is damaged, fetch it again"
                                .formatted(pieces.length, scores.length));
            }
            if (unknown < 0 || unknown >= pieces.length) {
                throw new IllegalArgumentException(
                        "the unknown token %d lies outside the vocabulary of %d pieces; the file is damaged, fetch it again"
                                .formatted(unknown, pieces.length));
            }
        }
    }

    private final PieceTable table;
    private final float[] scores;
    private final float unknownScore;
    private final int unknown;
    private final TextNormalizer normalizer;

    /** @throws IllegalArgumentException if the vocabulary is not sound; the message says what is wrong */
    public UnigramTokenizer(Vocabulary vocabulary, TextNormalizer normalizer) {
        byte[][] pieces = vocabulary.pieces();
        boolean[] reserved = new boolean[pieces.length];
        reserved[vocabulary.unknown()] = true;
        for (int id : vocabulary.reserved()) {
            if (id >= 0 && id < reserved.length) {
                reserved[id] = true;
            }
        }
        table = new PieceTable(pieces.length);
        float worst = Float.MAX_VALUE;
        for (int id = 0; id < pieces.length; id++) {
            if (!Float.isFinite(vocabulary.scores()[id])) {
                throw new IllegalArgumentException(
                        "the score of piece %d is not a number; the file is damaged, fetch it again".formatted(id));
            }
            table.add(pieces[id], pieces[id].length, !reserved[id]);
            if (!reserved[id]) {
                worst = Math.min(worst, vocabulary.scores()[id]);
            }
        }
        this.scores = vocabulary.scores();
        this.unknownScore = worst - UNKNOWN_PENALTY;
        this.unknown = vocabulary.unknown();
        this.normalizer = normalizer;
    }

    public int vocabSize() {
        return table.size();
    }

    /** The ids of a text, without special tokens. */
    public int[] encode(String text) {
        String normalized = normalizer.normalize(text);
        if (normalized.isEmpty()) {
            return new int[0];
        }
        byte[] bytes = new byte[Math.addExact(Math.multiplyExact(normalized.length(), 3), 3)];
        int[] ends = new int[normalized.length() + 1];
        int length = Utf8.put(bytes, 0, SPACE_MARK);
        int characters = 0;
        ends[characters++] = length;
        for (int i = 0; i < normalized.length(); ) {
            int codePoint = normalized.codePointAt(i);
            length = Utf8.put(bytes, length, codePoint == ' ' ? SPACE_MARK : codePoint);
            ends[characters++] = length;
            i += Character.charCount(codePoint);
        }
        return segment(bytes, ends, characters);
    }

    /**
     * The best cut.
     *
     * @param ends where each character ends in the bytes
     */
    private int[] segment(byte[] bytes, int[] ends, int characters) {
        float[] best = new float[characters + 1];
        int[] pieces = new int[characters + 1];
        int[] from = new int[characters + 1];
        Arrays.fill(best, 1, characters + 1, Float.NEGATIVE_INFINITY);
        for (int start = 0; start < characters; start++) {
            int startByte = start == 0 ? 0 : ends[start - 1];
            relax(best, pieces, from, start, start + 1, unknown, best[start] + unknownScore);
            for (int end = start; end < characters && ends[end] - startByte <= table.longest(); end++) {
                int piece = table.find(bytes, startByte, ends[end]);
                if (piece >= 0) {
                    relax(best, pieces, from, start, end + 1, piece, best[start] + scores[piece]);
                }
            }
        }
        return backtrack(pieces, from, characters);
    }

    private static void relax(float[] best, int[] pieces, int[] from, int start, int end, int piece, float score) {
        if (score > best[end]) {
            best[end] = score;
            pieces[end] = piece;
            from[end] = start;
        }
    }

    private int[] backtrack(int[] pieces, int[] from, int characters) {
        int[] reversed = new int[characters];
        int count = 0;
        for (int end = characters; end > 0; end = from[end]) {
            boolean runs = pieces[end] == unknown && count > 0 && reversed[count - 1] == unknown;
            if (!runs) {
                reversed[count++] = pieces[end];
            }
        }
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = reversed[count - 1 - i];
        }
        return ids;
    }
}

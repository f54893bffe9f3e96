package dev.caravan.engine.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece's unigram model (XLM-RoBERTa, T5): of all ways to cut a word into pieces, the one whose scores add up
 * highest (Viterbi). Characters without a piece become the unknown token, a run of them one token, or byte tokens.
 */
final class UnigramModel implements TokenModel {
    /** SentencePiece: an unknown character costs this much more than the worst piece. */
    private static final double UNKNOWN_PENALTY = 10;

    /**
     * What becomes of characters without a piece.
     *
     * @param token the unknown token
     * @param worstScore the lowest score of a piece
     * @param byteFallback whether they are spelled in byte tokens, where the vocabulary has all of these
     */
    record Unknown(int token, double worstScore, boolean byteFallback) {}

    private final TokenVocabulary vocabulary;
    private final double[] scores;
    private final double unknownScore;
    private final int unknown;
    private final int @Nullable [] byteTokens;

    /** @param scores log probabilities by id, of all tokens that the vocabulary finds */
    UnigramModel(TokenVocabulary vocabulary, double[] scores, Unknown unknown) {
        this.vocabulary = vocabulary;
        this.scores = scores;
        this.unknown = unknown.token();
        this.unknownScore = unknown.worstScore() - UNKNOWN_PENALTY;
        int[] bytes = vocabulary.byteTokens();
        boolean spellsAll = Arrays.stream(bytes).allMatch(id -> id >= 0);
        this.byteTokens = unknown.byteFallback() && spellsAll ? bytes : null;
    }

    @Override
    public PreTokenizerStep.PartSink encoder(TokenBuffer ids) {
        return new Encoder(ids);
    }

    /** One call of encode. Positions count characters; {@code ends[k]} is where character k ends in the bytes. */
    private final class Encoder implements PreTokenizerStep.PartSink {
        private final TokenBuffer ids;
        private byte[] bytes = new byte[0];
        private int[] ends = new int[0];
        private double[] best = new double[0];
        private int[] pieces = new int[0];
        private int[] from = new int[0];

        Encoder(TokenBuffer ids) {
            this.ids = ids;
        }

        @Override
        public void part(String text, int start, int end, boolean first) {
            makeRoom(end - start);
            int length = 0;
            int characters = 0;
            for (int i = start; i < end; ) {
                int codePoint = text.codePointAt(i);
                length = Utf8.put(bytes, length, codePoint);
                ends[characters++] = length;
                i += Character.charCount(codePoint);
            }
            Arrays.fill(best, 0, characters + 1, Double.NEGATIVE_INFINITY);
            best[0] = 0;
            for (int k = 0; k < characters; k++) {
                relaxFrom(k, characters);
            }
            emit(characters);
        }

        private void makeRoom(int units) {
            if (from.length <= units) {
                bytes = new byte[Math.multiplyExact(units, 3)];
                ends = new int[units];
                best = new double[units + 1];
                pieces = new int[units + 1];
                from = new int[units + 1];
            }
        }

        private void relaxFrom(int start, int characters) {
            int startByte = start == 0 ? 0 : ends[start - 1];
            boolean isKnown = false;
            for (int end = start; end < characters && ends[end] - startByte <= vocabulary.longest(); end++) {
                int piece = vocabulary.find(bytes, startByte, ends[end]);
                if (piece >= 0) {
                    relax(start, end + 1, piece, best[start] + scores[piece]);
                    isKnown |= end == start;
                }
            }
            if (!isKnown) {
                relax(start, start + 1, unknown, best[start] + unknownScore);
            }
        }

        private void relax(int start, int end, int piece, double score) {
            if (score > best[end]) {
                best[end] = score;
                pieces[end] = piece;
                from[end] = start;
            }
        }

        /** Turns the links around, so that the path can be walked from its beginning. */
        private void emit(int characters) {
            int next = characters;
            for (int at = characters; at > 0; ) {
                int before = from[at];
                from[at] = next;
                next = at;
                at = before;
            }
            boolean afterUnknown = false;
            for (int start = 0, end = next; start < characters; start = end, end = from[end]) {
                boolean isUnknown = pieces[end] == unknown;
                if (isUnknown && byteTokens != null) {
                    emitBytes(start == 0 ? 0 : ends[start - 1], ends[end - 1]);
                } else if (!isUnknown || !afterUnknown) {
                    ids.add(pieces[end]);
                }
                afterUnknown = isUnknown;
            }
        }

        private void emitBytes(int start, int end) {
            for (int i = start; byteTokens != null && i < end; i++) {
                ids.add(byteTokens[bytes[i] & 0xFF]);
            }
        }
    }
}

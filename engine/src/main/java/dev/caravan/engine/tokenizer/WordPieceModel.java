package dev.caravan.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * BERT's WordPiece: a word is cut from the left, the longest token first; those behind the first carry a prefix. A word
 * that cannot be cut whole becomes the unknown token.
 */
final class WordPieceModel implements TokenModel {

    private final TokenVocabulary vocabulary;
    private final int unknown;
    private final byte[] prefix;
    private final int maxCharacters;

    /**
     * @param prefix what tokens behind the first of a word begin with ({@code ##})
     * @param maxCharacters a longer word is unknown as a whole
     */
    WordPieceModel(TokenVocabulary vocabulary, int unknown, String prefix, int maxCharacters) {
        this.vocabulary = vocabulary;
        this.unknown = unknown;
        this.prefix = prefix.getBytes(StandardCharsets.UTF_8);
        this.maxCharacters = maxCharacters;
    }

    @Override
    public PreTokenizerStep.PartSink encoder(TokenBuffer ids) {
        return (text, start, end, first) -> encode(text, start, end, ids);
    }

    private void encode(String text, int start, int end, TokenBuffer ids) {
        if (text.codePointCount(start, end) > maxCharacters) {
            ids.add(unknown);
            return;
        }
        byte[] word = text.substring(start, end).getBytes(StandardCharsets.UTF_8);
        byte[] bytes = Arrays.copyOf(prefix, prefix.length + word.length);
        int[] found = new int[word.length];
        int count = 0;
        for (int from = 0; from < word.length; ) {
            int to = word.length;
            int token = -1;
            while (token < 0 && to > from) {
                token = find(bytes, word, from, to);
                to = token >= 0 ? to : previousCharacter(word, to);
            }
            if (token < 0) {
                ids.add(unknown);
                return;
            }
            found[count++] = token;
            from = to;
        }
        for (int i = 0; i < count; i++) {
            ids.add(found[i]);
        }
    }

    private int find(byte[] bytes, byte[] word, int from, int to) {
        if (from == 0) {
            return vocabulary.find(word, 0, to);
        }
        System.arraycopy(word, from, bytes, prefix.length, to - from);
        return vocabulary.find(bytes, 0, prefix.length + to - from);
    }

    private static int previousCharacter(byte[] word, int end) {
        int start = end - 1;
        while (start > 0 && (word[start] & 0xC0) == 0x80) {
            start--;
        }
        return start;
    }
}

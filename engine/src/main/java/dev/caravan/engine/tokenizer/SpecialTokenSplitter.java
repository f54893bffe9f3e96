package dev.caravan.engine.tokenizer;

import java.util.BitSet;

/** Cuts a text at its user-defined and control tokens; the stretches between go to the model's own algorithm. */
final class SpecialTokenSplitter {

    /** Takes what was found, in the order of the text. */
    interface Sink {
        /** Ordinary text: a stretch that begins with the whole text or right after a special token. */
        void text(int start, int end);

        void token(int id);
    }

    private final TokenTrie trie = new TokenTrie();

    /**
     * @param tokens the spelling of every token
     * @param types their {@link TokenType}s
     */
    SpecialTokenSplitter(String[] tokens, int[] types) {
        for (int id = 0; id < tokens.length; id++) {
            if (types[id] == TokenType.USER_DEFINED) {
                trie.add(tokens[id], id, false);
            } else if (types[id] == TokenType.CONTROL || types[id] == TokenType.UNKNOWN) {
                trie.add(tokens[id], id, true);
            }
        }
    }

    /** The marks that make a whole text count as its author's, or as a template's. */
    static BitSet marks(String text, Tokenizer.Specials specials) {
        BitSet marks = new BitSet();
        if (specials == Tokenizer.Specials.AS_TEXT) {
            marks.set(0, text.length());
        }
        return marks;
    }

    /**
     * Cuts a text.
     *
     * @param asText characters that no control token may cover
     */
    void split(String text, BitSet asText, Sink sink) {
        int start = 0;
        for (TokenTrie.Match match = trie.next(text, 0, asText);
                match != null;
                match = trie.next(text, match.end(), asText)) {
            if (start < match.start()) {
                sink.text(start, match.start());
            }
            sink.token(match.id());
            start = match.end();
        }
        if (start < text.length()) {
            sink.text(start, text.length());
        }
    }
}

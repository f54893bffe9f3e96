package dev.caravan.engine.tokenizer;

import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Cuts a text at its added tokens, first as it came and then normalised. Where two could match, the leftmost counts, and of
 * those the longest. Immutable and thread-safe.
 */
final class AddedTokens {

    private final Map<Integer, AddedToken> tokens = new HashMap<>();
    private final TokenTrie raw = new TokenTrie();
    /** {@link #raw} and the control tokens that are looked for in normalised text, by their spelling as it came. */
    private final TokenTrie mixed = new TokenTrie();

    private final TokenTrie normalized = new TokenTrie();

    AddedTokens(Collection<AddedToken> added, TextNormalizer normalizer) {
        for (AddedToken token : added) {
            tokens.put(token.id(), token);
            if (token.normalized()) {
                normalized.add(normalizer.normalize(token.content()), token.id(), token.special());
            } else {
                raw.add(token.content(), token.id(), token.special());
            }
            if (token.special() || !token.normalized()) {
                mixed.add(token.content(), token.id(), token.special());
            }
        }
    }

    /** Cuts a text as it came; no control token may cover a marked character. */
    void split(String text, BitSet asText, SpecialTokenSplitter.Sink sink) {
        split(isMixed(text, asText) ? mixed : raw, text, asText, sink);
    }

    /**
     * Whether a text is of mixed origin. Marks are not carried through the normaliser: in such a text all control tokens
     * are looked for before it.
     */
    static boolean isMixed(String text, BitSet asText) {
        return !asText.isEmpty() && asText.nextClearBit(0) < text.length();
    }

    /** Cuts normalised text. */
    void splitNormalized(String text, boolean recognizesControl, SpecialTokenSplitter.Sink sink) {
        BitSet marks = new BitSet();
        marks.set(0, recognizesControl ? 0 : text.length());
        split(normalized, text, marks, sink);
    }

    private void split(TokenTrie trie, String text, BitSet asText, SpecialTokenSplitter.Sink sink) {
        int textStart = 0;
        int next = 0;
        for (TokenTrie.Match match = trie.next(text, next, asText);
                match != null;
                match = trie.next(text, next, asText)) {
            AddedToken token = token(match.id());
            next = match.end();
            if (token.singleWord() && touchesWord(text, match.start(), match.end())) {
                continue;
            }
            int from = token.lstrip() ? Math.max(textStart, whiteSpaceStart(text, match.start())) : match.start();
            next = token.rstrip() ? whiteSpaceEnd(text, match.end()) : match.end();
            if (textStart < from) {
                sink.text(textStart, from);
            }
            sink.token(token.id());
            textStart = next;
        }
        if (textStart < text.length()) {
            sink.text(textStart, text.length());
        }
    }

    private AddedToken token(int id) {
        AddedToken token = tokens.get(id);
        if (token == null) {
            throw new IllegalStateException("the trie holds token %d, which was not added".formatted(id));
        }
        return token;
    }

    private static boolean touchesWord(String text, int start, int end) {
        return (start > 0 && UnicodeKinds.isWord(text.codePointBefore(start)))
                || (end < text.length() && UnicodeKinds.isWord(text.codePointAt(end)));
    }

    private static int whiteSpaceStart(String text, int end) {
        int start = end;
        while (start > 0 && UnicodeKinds.isWhiteSpace(text.codePointBefore(start))) {
            start--;
        }
        return start;
    }

    private static int whiteSpaceEnd(String text, int start) {
        int end = start;
        while (end < text.length() && UnicodeKinds.isWhiteSpace(text.codePointAt(end))) {
            end++;
        }
        return end;
    }
}

package dev.caravan.engine.tokenizer;

import org.jspecify.annotations.Nullable;

/**
 * Byte-pair encoding as {@code tokenizer.json} describes it: a word's characters are joined by a ranked list of pairs,
 * whether they spell bytes (Llama 3, Qwen, Mi:dm), or text with U+2581 for spaces (Gemma, Llama 2). A character that is
 * not in the vocabulary is spelled in byte tokens, or becomes the unknown token.
 */
final class BpeModel implements TokenModel {

    /**
     * What the file says of the model beside its vocabulary.
     *
     * @param unknown the unknown token, or -1: then such characters vanish, as in the reference
     * @param fusesUnknown whether a run of unknown characters is one token
     * @param byteFallback whether unknown characters are spelled in byte tokens
     * @param ignoresMerges whether a word that is a token as a whole is taken without merging
     */
    record Options(int unknown, boolean fusesUnknown, boolean byteFallback, boolean ignoresMerges) {}

    private final TokenVocabulary vocabulary;
    private final MergeTable merges;
    private final Options options;
    private final int @Nullable [] byteTokens;

    BpeModel(TokenVocabulary vocabulary, MergeTable merges, Options options) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.options = options;
        this.byteTokens = options.byteFallback() ? vocabulary.byteTokens() : null;
    }

    @Override
    public PreTokenizerStep.PartSink encoder(TokenBuffer ids) {
        return new Encoder(ids);
    }

    /** One call of encode. Symbols are laid out by their place in the bytes of the word. */
    private final class Encoder implements PreTokenizerStep.PartSink, BpeMerger.Pairs {
        private final TokenBuffer ids;
        private final BpeMerger merger = new BpeMerger();
        private byte[] bytes = new byte[64];
        private int pendingUnknowns;

        Encoder(TokenBuffer ids) {
            this.ids = ids;
        }

        @Override
        public void part(String text, int start, int end, boolean first) {
            int length = toBytes(text, start, end);
            int whole = options.ignoresMerges() ? vocabulary.find(bytes, 0, length) : -1;
            if (whole >= 0) {
                ids.add(whole);
                return;
            }
            merger.clear();
            for (int from = 0; from < length; ) {
                int to = from + Utf8.length(bytes[from]);
                addCharacter(from, to);
                from = to;
            }
            flushUnknown(length);
            merger.merge(this);
            for (int symbol = 0; symbol < merger.size(); symbol = merger.next(symbol)) {
                ids.add(merger.token(symbol));
            }
        }

        private int toBytes(String text, int start, int end) {
            int room = Math.multiplyExact(end - start, 3);
            bytes = bytes.length >= room ? bytes : new byte[room];
            int length = 0;
            for (int i = start; i < end; ) {
                int codePoint = text.codePointAt(i);
                length = Utf8.put(bytes, length, codePoint);
                i += Character.charCount(codePoint);
            }
            return length;
        }

        private void addCharacter(int start, int end) {
            int token = vocabulary.find(bytes, start, end);
            if (token >= 0) {
                flushUnknown(start);
                merger.add(token, start, end);
            } else if (!addBytes(start, end) && options.unknown() >= 0) {
                pendingUnknowns = options.fusesUnknown() ? 1 : pendingUnknowns + 1;
            }
        }

        /** Unlike a token, bytes do not end a run of unknown characters: so it is in the reference. */
        private boolean addBytes(int start, int end) {
            if (byteTokens == null) {
                return false;
            }
            for (int i = start; i < end; i++) {
                if (byteTokens[bytes[i] & 0xFF] < 0) {
                    return false;
                }
            }
            for (int i = start; i < end; i++) {
                merger.add(byteTokens[bytes[i] & 0xFF], i, i + 1);
            }
            return true;
        }

        private void flushUnknown(int position) {
            for (; pendingUnknowns > 0; pendingUnknowns--) {
                merger.add(options.unknown(), position, position);
            }
        }

        @Override
        public long join(BpeMerger symbols, int left, int right) {
            return merges.find(symbols.token(left), symbols.token(right));
        }
    }
}

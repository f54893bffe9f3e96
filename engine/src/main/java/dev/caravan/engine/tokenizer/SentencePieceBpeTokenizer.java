package dev.caravan.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;

/**
 * SentencePiece's BPE with byte fallback (GGUF: {@code tokenizer.ggml.model} = {@code llama}; Llama 2, Gemma): neighbours
 * whose joined spelling is a token are joined, the token of the highest score first; what remains without a token is
 * spelled in byte tokens. Spaces are spelled U+2581. Immutable and thread-safe.
 *
 * <p>Unlike llama.cpp, joining never makes a control token: {@code </s>} in a document stays text, as in SentencePiece.
 */
public final class SentencePieceBpeTokenizer implements Tokenizer {
    private static final int SPACE_MARK = 0x2581;
    private static final byte[] SPACE_MARK_BYTES = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};

    /**
     * The vocabulary as a file gives it; a token's id is its index.
     *
     * @param tokens the spellings
     * @param scores the rank in joining: higher is joined first
     * @param types {@link TokenType}s
     * @param addsSpacePrefix whether text is encoded as if a space stood before it
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over at loading, never written
    public record Vocabulary(
            String[] tokens, float[] scores, int[] types, boolean addsSpacePrefix, SpecialIds specialIds) {
        public Vocabulary {
            if (scores.length != tokens.length || types.length != tokens.length) {
                throw new IllegalArgumentException(
                        "the vocabulary has %d tokens but %d scores and %d types; the file is damaged, fetch it again"
                                .formatted(tokens.length, scores.length, types.length));
            }
            specialIds.requireWithin(tokens.length);
        }
    }

    private final PieceTable table;
    private final int[] types;
    /** Ascending: the token of the highest score has the smallest priority. */
    private final int[] priorities;

    private final int[] byteTokens = new int[256];
    private final boolean addsSpacePrefix;
    private final SpecialIds specialIds;
    private final SpecialTokenSplitter splitter;

    /** @throws IllegalArgumentException if the vocabulary is not sound; the message says what is wrong */
    public SentencePieceBpeTokenizer(Vocabulary vocabulary) {
        String[] tokens = vocabulary.tokens();
        table = new PieceTable(tokens.length);
        types = vocabulary.types();
        priorities = new int[tokens.length];
        Arrays.fill(byteTokens, vocabulary.specialIds().unknown());
        for (int id = 0; id < tokens.length; id++) {
            byte[] bytes = tokens[id].getBytes(StandardCharsets.UTF_8);
            boolean control = types[id] == TokenType.CONTROL || types[id] == TokenType.UNKNOWN;
            table.add(bytes, bytes.length, !control && types[id] != TokenType.BYTE);
            priorities[id] = priority(vocabulary.scores()[id], id);
            if (types[id] == TokenType.BYTE) {
                byteTokens[byteValue(tokens[id], id)] = id;
            }
        }
        for (int value = 0; value < byteTokens.length; value++) {
            if (byteTokens[value] < 0) {
                throw new IllegalArgumentException(
                        "the vocabulary has neither a token for byte %02X nor an unknown token; convert the model again"
                                .formatted(value));
            }
        }
        addsSpacePrefix = vocabulary.addsSpacePrefix();
        specialIds = vocabulary.specialIds();
        splitter = new SpecialTokenSplitter(tokens, types);
    }

    private static int priority(float score, int id) {
        if (Float.isNaN(score)) {
            throw new IllegalArgumentException(
                    "the score of token %d is not a number; the file is damaged, fetch it again".formatted(id));
        }
        // The bits of a float, read as an integer, ascend with it once negative ones are flipped. Adding 0 turns -0
        // into 0.
        int bits = Float.floatToIntBits(score + 0.0f);
        return ~(bits ^ (bits >> 31 & Integer.MAX_VALUE));
    }

    private static int byteValue(String token, int id) {
        if (!token.matches("<0x[0-9A-Fa-f]{2}>")) {
            throw new IllegalArgumentException(
                    "byte token %d is spelled '%s' instead of <0x00> to <0xFF>; convert the model again"
                            .formatted(id, token));
        }
        return Integer.parseInt(token, 3, 5, 16);
    }

    @Override
    public int vocabSize() {
        return table.size();
    }

    @Override
    public int[] encode(String text, Specials specials) {
        return encode(text, SpecialTokenSplitter.marks(text, specials));
    }

    @Override
    public int[] encode(String text, BitSet asText) {
        Encoding encoding = new Encoding(text);
        splitter.split(text, asText, encoding);
        return encoding.ids.toArray();
    }

    /** One call of encode: its scratch and its result. */
    private final class Encoding implements SpecialTokenSplitter.Sink, BpeMerger.Pairs {
        private final String text;
        private final TokenBuffer ids = new TokenBuffer();
        private final BpeMerger merger = new BpeMerger();
        private byte[] bytes = new byte[0];

        Encoding(String text) {
            this.text = text;
        }

        @Override
        public void token(int id) {
            ids.add(id);
        }

        @Override
        public void text(int start, int end) {
            merger.clear();
            // A UTF-16 unit takes at most three bytes, and so does a space once it is spelled U+2581.
            int room = Math.addExact(Math.multiplyExact(end - start, 3), 3);
            bytes = bytes.length >= room ? bytes : new byte[room];
            int position = addsSpacePrefix ? addSymbol(0, ' ') : 0;
            for (int i = start; i < end; ) {
                int codePoint = i + 1 < end ? text.codePointAt(i) : text.charAt(i);
                position = addSymbol(position, codePoint);
                i += Character.charCount(codePoint);
            }
            merger.merge(this);
            for (int symbol = 0; symbol < merger.size(); symbol = merger.next(symbol)) {
                emit(symbol);
            }
        }

        private int addSymbol(int position, int codePoint) {
            int end = Utf8.put(bytes, position, codePoint == ' ' ? SPACE_MARK : codePoint);
            merger.add(table.find(bytes, position, end), position, end);
            return end;
        }

        private void emit(int symbol) {
            if (merger.token(symbol) >= 0) {
                ids.add(merger.token(symbol));
                return;
            }
            for (int i = merger.start(symbol); i < merger.end(symbol); i++) {
                ids.add(byteTokens[bytes[i] & 0xFF]);
            }
        }

        @Override
        public long join(BpeMerger symbols, int left, int right) {
            int token = table.find(bytes, symbols.start(left), symbols.end(right));
            return token < 0 ? BpeMerger.NONE : (long) priorities[token] << 32 | token;
        }
    }

    @Override
    public byte[] bytes(int token) {
        byte[] bytes = table.bytes(token);
        return switch (types[token]) {
            case TokenType.CONTROL -> MarkupTokens.bytes(bytes, token, specialIds);
            case TokenType.UNKNOWN -> new byte[0];
            case TokenType.USER_DEFINED -> bytes;
            case TokenType.BYTE ->
                new byte[] {(byte) Integer.parseInt(new String(bytes, StandardCharsets.US_ASCII), 3, 5, 16)};
            default -> withSpaces(bytes);
        };
    }

    private static byte[] withSpaces(byte[] bytes) {
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (i + 3 <= bytes.length && Arrays.equals(bytes, i, i + 3, SPACE_MARK_BYTES, 0, 3)) {
                bytes[length++] = ' ';
                i += 2;
            } else {
                bytes[length++] = bytes[i];
            }
        }
        return Arrays.copyOf(bytes, length);
    }

    @Override
    public String spelling(int token) {
        return new String(table.bytes(token), StandardCharsets.UTF_8);
    }

    @Override
    public int bosToken() {
        return specialIds.bos();
    }

    @Override
    public boolean addsBos() {
        return specialIds.addsBos();
    }

    @Override
    public Set<Integer> endTokens() {
        return specialIds.endTokens();
    }
}

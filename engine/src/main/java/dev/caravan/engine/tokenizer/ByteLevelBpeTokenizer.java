package dev.caravan.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Set;

/**
 * Byte-level BPE (GGUF: {@code tokenizer.ggml.model} = {@code gpt2}; Llama 3, Mi:dm 2.0, Qwen): the text is cut into words
 * by a regular expression, and the bytes of each word are joined by a ranked list of merges. Immutable and thread-safe.
 */
public final class ByteLevelBpeTokenizer implements Tokenizer {

    /**
     * The vocabulary as a file gives it; a token's id is its index.
     *
     * @param tokens the spellings: ordinary ones in GPT-2's byte alphabet, special ones as plain text
     * @param types {@link TokenType}s
     * @param merges two tokens with a space between, the most frequent pair first
     * @param preTokenizer the name of the regular expression ({@code tokenizer.ggml.pre})
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over at loading, never written
    public record Vocabulary(
            String[] tokens, int[] types, String[] merges, String preTokenizer, SpecialIds specialIds) {
        public Vocabulary {
            if (types.length != tokens.length) {
                throw new IllegalArgumentException(
                        "the vocabulary has %d tokens but %d types; the file is damaged, fetch it again"
                                .formatted(tokens.length, types.length));
            }
            specialIds.requireWithin(tokens.length);
        }
    }

    private final PieceTable table;
    private final int[] types;
    private final int[] byteTokens = new int[256];
    private final MergeTable merges;
    private final PreTokenizer preTokenizer;
    private final SpecialIds specialIds;
    private final SpecialTokenSplitter splitter;

    /** @throws IllegalArgumentException if the vocabulary is not sound; the message says what is wrong */
    public ByteLevelBpeTokenizer(Vocabulary vocabulary) {
        preTokenizer = PreTokenizer.named(vocabulary.preTokenizer());
        specialIds = vocabulary.specialIds();
        types = vocabulary.types();
        table = table(vocabulary.tokens());
        for (int value = 0; value < byteTokens.length; value++) {
            int token = table.find(new byte[] {(byte) value}, 0, 1);
            byteTokens[value] = token >= 0 ? token : specialIds.unknown();
            // C0, C1 and F5 to FF never occur in UTF-8.
            if (byteTokens[value] < 0 && value != 0xC0 && value != 0xC1 && value < 0xF5) {
                throw new IllegalArgumentException(
                        "the vocabulary has neither a token for byte %02X nor an unknown token; convert the model again"
                                .formatted(value));
            }
        }
        merges = new MergeTable(vocabulary.merges(), table);
        splitter = new SpecialTokenSplitter(vocabulary.tokens(), types);
    }

    private PieceTable table(String[] tokens) {
        PieceTable pieces = new PieceTable(tokens.length);
        byte[] scratch = new byte[PieceTable.MAX_PIECE_BYTES];
        for (int id = 0; id < tokens.length; id++) {
            boolean ordinary = types[id] == TokenType.NORMAL || types[id] == TokenType.UNUSED;
            int length =
                    ordinary && tokens[id].length() <= scratch.length ? ByteAlphabet.decode(tokens[id], scratch) : -1;
            if (length >= 0) {
                pieces.add(scratch, length, true);
            } else {
                byte[] plain = tokens[id].getBytes(StandardCharsets.UTF_8);
                pieces.add(plain, plain.length, false);
            }
        }
        return pieces;
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
    private final class Encoding implements SpecialTokenSplitter.Sink, PreTokenizer.WordSink, BpeMerger.Pairs {
        private final String text;
        private final TokenBuffer ids = new TokenBuffer();
        private final BpeMerger merger = new BpeMerger();
        private byte[] bytes = new byte[64];

        Encoding(String text) {
            this.text = text;
        }

        @Override
        public void token(int id) {
            ids.add(id);
        }

        @Override
        public void text(int start, int end) {
            preTokenizer.split(text, start, end, this);
        }

        @Override
        public void word(int start, int end) {
            int length = toBytes(start, end);
            int whole = length == 1 || preTokenizer.ignoresMerges() ? table.find(bytes, 0, length) : -1;
            if (whole >= 0) {
                ids.add(whole);
                return;
            }
            merger.clear();
            for (int i = 0; i < length; i++) {
                merger.add(byteTokens[bytes[i] & 0xFF], i, i + 1);
            }
            merger.merge(this);
            for (int symbol = 0; symbol < merger.size(); symbol = merger.next(symbol)) {
                ids.add(merger.token(symbol));
            }
        }

        private int toBytes(int start, int end) {
            int room = Math.multiplyExact(end - start, 3);
            bytes = bytes.length >= room ? bytes : new byte[room];
            int length = 0;
            for (int i = start; i < end; ) {
                int codePoint = i + 1 < end ? text.codePointAt(i) : text.charAt(i);
                length = Utf8.put(bytes, length, codePoint);
                i += Character.charCount(codePoint);
            }
            return length;
        }

        @Override
        public long join(BpeMerger symbols, int left, int right) {
            return merges.find(symbols.token(left), symbols.token(right));
        }
    }

    @Override
    public byte[] bytes(int token) {
        byte[] bytes = table.bytes(token);
        return switch (types[token]) {
            case TokenType.CONTROL -> MarkupTokens.bytes(bytes, token, specialIds);
            case TokenType.UNKNOWN -> new byte[0];
            default -> bytes;
        };
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

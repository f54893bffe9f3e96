package dev.caravan.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a {@code tokenizer.json} by id, as it spells them. Hidden ones have a spelling, but the model never makes
 * one of text: control tokens, and added tokens that the model does not know. Immutable and thread-safe once built.
 */
final class TokenVocabulary {

    private final PieceTable table;
    private final BitSet hidden;
    private final Map<String, Integer> hiddenIds = new HashMap<>();

    /**
     * @param tokens by id; null where the file has no token of that id
     * @param hidden the ids that {@link #find} never returns
     * @throws IllegalArgumentException if two tokens are the same, or one is too long
     */
    TokenVocabulary(@Nullable String[] tokens, BitSet hidden) {
        this.hidden = (BitSet) hidden.clone();
        table = new PieceTable(tokens.length);
        for (int id = 0; id < tokens.length; id++) {
            String token = tokens[id] == null ? "" : tokens[id];
            byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
            table.add(bytes, bytes.length, !hidden.get(id));
            if (hidden.get(id)) {
                hiddenIds.put(token, id);
            }
        }
    }

    /** The ordinary token of a spelling, or -1. */
    int find(byte[] bytes, int start, int end) {
        return table.find(bytes, start, end);
    }

    /** The token of a spelling, hidden or not, or -1. */
    int idOf(String token) {
        byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
        int id = table.find(bytes, 0, bytes.length);
        return id >= 0 ? id : hiddenIds.getOrDefault(token, -1);
    }

    /** Whether {@link #find} never returns a token. */
    boolean isHidden(int id) {
        return hidden.get(id);
    }

    /** The tokens {@code <0x00>} to {@code <0xFF>}; -1 for each that is not there. */
    int[] byteTokens() {
        int[] ids = new int[256];
        Arrays.setAll(ids, value -> idOf("<0x%02X>".formatted(value)));
        return ids;
    }

    /** A token as the file spells it; empty for an id without a token. */
    String spelling(int id) {
        return new String(table.bytes(id), StandardCharsets.UTF_8);
    }

    /** The largest id and one. */
    int size() {
        return table.size();
    }

    /** The length of the longest ordinary token in bytes. */
    int longest() {
        return table.longest();
    }
}

package dev.caravan.engine.template;

import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.BitSet;
import java.util.List;

/** A rendered prompt to token ids: encoded whole, with control tokens only where the template wrote them. */
public final class PromptEncoder {
    private PromptEncoder() {}

    /** The ids, with nothing added in front: most templates write the beginning-of-sequence token themselves. */
    public static int[] encode(Tokenizer tokenizer, List<PromptPiece> pieces) {
        StringBuilder text = new StringBuilder();
        BitSet asText = new BitSet();
        for (PromptPiece piece : pieces) {
            int start = text.length();
            text.append(piece.text());
            asText.set(start, text.length(), !piece.trusted());
        }
        return tokenizer.encode(text.toString(), asText);
    }
}

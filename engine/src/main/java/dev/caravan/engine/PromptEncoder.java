package dev.caravan.engine;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.ChatTemplate;
import dev.caravan.engine.template.PromptPiece;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Conversations and plain text to prompt tokens. What the template wrote may spell control tokens; what came from a
 * message or a tool never does. Immutable and thread-safe.
 */
public record PromptEncoder(Tokenizer tokenizer, ChatTemplate template) {

    /** The prompt of a conversation, with exactly one beginning-of-sequence token where the model wants one. */
    public int[] encodeChat(List<ChatMessage> messages, TemplateOptions options) {
        return encode(template.render(messages, options));
    }

    /** The tokens of what a template rendered, in the same manner. */
    public int[] encode(List<PromptPiece> pieces) {
        StringBuilder text = new StringBuilder();
        BitSet asText = new BitSet();
        // Encoded whole: a border between template and message must not split a word or add a space.
        for (PromptPiece piece : pieces) {
            int start = text.length();
            text.append(piece.text());
            asText.set(start, text.length(), !piece.trusted());
        }
        return withBos(tokenizer.encode(text.toString(), asText));
    }

    /** The prompt of plain text; control tokens spelled in it stay text. */
    public int[] encodeText(String text) {
        return withBos(tokenizer.encode(text, Tokenizer.Specials.AS_TEXT));
    }

    private int[] withBos(int[] tokens) {
        int bos = tokenizer.bosToken();
        boolean isThere = tokens.length > 0 && tokens[0] == bos;
        return tokenizer.addsBos() && !isThere ? concat(new int[] {bos}, tokens) : tokens;
    }

    private static int[] concat(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}

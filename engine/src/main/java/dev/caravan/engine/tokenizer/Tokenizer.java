package dev.caravan.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * Text to token ids and back. Immutable and thread-safe.
 *
 * <p>Whether a control token that is spelled out in the text ({@code <start_of_turn>}, {@code <|eot_id|>}) becomes that
 * token is the caller's decision at every call: text of users and documents is always encoded with
 * {@link Specials#AS_TEXT}, text of templates with {@link Specials#PARSE}.
 */
public interface Tokenizer {

    /** What becomes of a control token's spelling inside the text. */
    enum Specials {
        PARSE,
        AS_TEXT
    }

    /** The largest id and one, added tokens among them; a model's embedding table has at least as many rows. */
    int vocabSize();

    /** The ids of the text, without beginning-of-sequence or end-of-sequence tokens. */
    int[] encode(String text, Specials specials);

    /**
     * The ids of a text of mixed origin, as if it were encoded whole: a control token is recognised only where no character
     * of its spelling is marked. Encoding the parts one by one instead would split words at their borders.
     *
     * @param asText the characters (UTF-16 units) that users and documents wrote
     */
    int[] encode(String text, BitSet asText);

    /**
     * The bytes of one token in running text; possibly a part of a character. Control tokens give none; special tokens that
     * are markup ({@code <b>} in Mi:dm) give their spelling.
     */
    byte[] bytes(int token);

    /** A token as the vocabulary spells it, to be shown to people: control tokens have no bytes, but a name. */
    default String spelling(int token) {
        return new String(bytes(token), StandardCharsets.UTF_8);
    }

    /** The number of spaces that are dropped where decoded text begins: the vocabulary spells a word with one before it. */
    default int leadingSpaces() {
        return 0;
    }

    /** The beginning-of-sequence token, or -1 where the model has none. */
    int bosToken();

    /** Whether a prompt that no template wrote starts with {@link #bosToken()}. */
    boolean addsBos();

    /** The special tokens around a text or a pair of texts, for encoders and rerankers. */
    default PostProcessor postProcessor() {
        return addsBos() ? PostProcessor.around(List.of(bosToken()), List.of()) : PostProcessor.NONE;
    }

    /** The tokens that end an answer: end of sequence, end of turn, end of message. */
    Set<Integer> endTokens();
}

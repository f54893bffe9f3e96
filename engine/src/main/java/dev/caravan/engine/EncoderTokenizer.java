package dev.caravan.engine;

import dev.caravan.engine.model.EncoderInput;
import dev.caravan.engine.tokenizer.PostProcessor;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Texts to what an encoder reads: their tokens between the special tokens of its training, cut to the longest input.
 * Special tokens that are spelled out in a text stay text. Immutable and thread-safe.
 *
 * @param content the tokens of a text without special tokens
 * @param frame the special tokens
 * @param maxTokens the longest input, special tokens included
 */
record EncoderTokenizer(Function<String, int[]> content, PostProcessor frame, int maxTokens) {

    /** Longer texts are cut before they are tokenized; the tokens of an input cannot reach that far. */
    private static final int MAX_CHARACTERS_PER_TOKEN = 128;

    EncoderTokenizer {
        if (maxTokens <= frame.addedToPair()) {
            throw new IllegalArgumentException("an input of %d tokens has no room for text beside %d special tokens"
                    .formatted(maxTokens, frame.addedToPair()));
        }
    }

    static EncoderTokenizer of(Tokenizer tokenizer, PostProcessor frame, int maxTokens) {
        return new EncoderTokenizer(text -> tokenizer.encode(text, Tokenizer.Specials.AS_TEXT), frame, maxTokens);
    }

    int countTokens(String text) {
        return content.apply(text).length;
    }

    /** A text, its end cut off where it is too long. */
    EncoderInput encode(String text) {
        int[] tokens = content.apply(shortened(text));
        return input(frame.frame(cut(tokens, maxTokens - frame.addedToSingle())));
    }

    /** A pair of texts; where they are too long, the longer one is cut first, as transformers' {@code longest_first} does. */
    EncoderInput encode(String first, String second) {
        int[] left = content.apply(shortened(first));
        int[] right = content.apply(shortened(second));
        int room = maxTokens - frame.addedToPair();
        int shorter = Math.min(Math.min(left.length, right.length), room / 2);
        int longer = room - shorter;
        boolean isFirstShorter = left.length <= right.length;
        return input(frame.frame(
                cut(left, isFirstShorter ? shorter : longer), cut(right, isFirstShorter ? longer : shorter)));
    }

    private String shortened(String text) {
        long most = (long) maxTokens * MAX_CHARACTERS_PER_TOKEN;
        return text.length() > most ? text.substring(0, (int) most) : text;
    }

    private static int[] cut(int[] tokens, int most) {
        return tokens.length > most ? Arrays.copyOf(tokens, most) : tokens;
    }

    private static EncoderInput input(PostProcessor.Framed framed) {
        return new EncoderInput(framed.ids(), framed.typeIds());
    }
}

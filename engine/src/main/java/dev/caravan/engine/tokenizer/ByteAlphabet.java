package dev.caravan.engine.tokenizer;

import java.util.Arrays;

/**
 * GPT-2's alphabet, in which byte-level vocabularies are written: every byte is one visible character. Printable ones
 * stand for themselves, the other 68 take U+0100 and on, in ascending order (a space is U+0120).
 */
final class ByteAlphabet {
    private static final int[] BYTES = new int[0x100 + 68];

    static {
        Arrays.fill(BYTES, -1);
        int next = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean printable = (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
            BYTES[printable ? value : next++] = value;
        }
    }

    private ByteAlphabet() {}

    /**
     * Decodes a token's spelling.
     *
     * @param target at least {@code text.length()} bytes
     * @return the number of bytes, or -1 if a character is not of the alphabet
     */
    static int decode(String text, byte[] target) {
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character >= BYTES.length || BYTES[character] < 0) {
                return -1;
            }
            target[i] = (byte) BYTES[character];
        }
        return text.length();
    }
}

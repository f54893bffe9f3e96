package dev.caravan.engine.tokenizer;

import java.util.Arrays;

/**
 * GPT-2's alphabet, in which byte-level vocabularies are written: every byte is one visible character. Printable ones
 * stand for themselves, the other 68 take U+0100 and on, in ascending order (a space is U+0120).
 */
final class ByteAlphabet {
    private static final int[] BYTES = new int[0x100 + 68];
    private static final char[] CHARACTERS = new char[256];

    static {
        Arrays.fill(BYTES, -1);
        int next = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean printable = (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
            CHARACTERS[value] = (char) (printable ? value : next++);
            BYTES[CHARACTERS[value]] = value;
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

    /** The spelling of {@code text[start, end)}: one character per byte of its UTF-8. */
    static String encode(String text, int start, int end) {
        StringBuilder spelled = new StringBuilder((end - start) * 2);
        byte[] bytes = new byte[4];
        for (int i = start; i < end; ) {
            int codePoint = i + 1 < end ? text.codePointAt(i) : text.charAt(i);
            int length = Utf8.put(bytes, 0, codePoint);
            for (int k = 0; k < length; k++) {
                spelled.append(CHARACTERS[bytes[k] & 0xFF]);
            }
            i += Character.charCount(codePoint);
        }
        return spelled.toString();
    }
}

package dev.caravan.engine.tokenizer;

/** UTF-16 to UTF-8 into a caller's array. A lone surrogate becomes U+FFFD. */
final class Utf8 {
    private Utf8() {}

    /** Writes a code point; returns the position after it. At most four bytes. */
    static int put(byte[] target, int position, int codePoint) {
        int at = position;
        if (codePoint < 0x80) {
            target[at++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            target[at++] = (byte) (0xC0 | codePoint >> 6);
            target[at++] = continuation(codePoint);
        } else if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
            return put(target, position, 0xFFFD);
        } else if (codePoint < 0x10000) {
            target[at++] = (byte) (0xE0 | codePoint >> 12);
            target[at++] = continuation(codePoint >> 6);
            target[at++] = continuation(codePoint);
        } else {
            target[at++] = (byte) (0xF0 | codePoint >> 18);
            target[at++] = continuation(codePoint >> 12);
            target[at++] = continuation(codePoint >> 6);
            target[at++] = continuation(codePoint);
        }
        return at;
    }

    /** The number of bytes of a character whose first byte this is. */
    static int length(byte first) {
        int value = first & 0xFF;
        return value < 0x80 ? 1 : value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
    }

    /** The text with every lone surrogate replaced by U+FFFD; of the same length. */
    static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return replaceLoneSurrogates(text);
            }
        }
        return text;
    }

    private static String replaceLoneSurrogates(String text) {
        char[] characters = text.toCharArray();
        for (int i = 0; i < characters.length; i++) {
            boolean pair = i + 1 < characters.length && Character.isSurrogatePair(characters[i], characters[i + 1]);
            if (pair) {
                i++;
            } else if (Character.isSurrogate(characters[i])) {
                characters[i] = 0xFFFD;
            }
        }
        return new String(characters);
    }

    private static byte continuation(int bits) {
        return (byte) (0x80 | (bits & 0x3F));
    }
}

package dev.caravan.engine.tokenizer;

/** Kinds of characters as Rust and its {@code regex} crate know them, for steps that are not regular expressions. */
final class UnicodeKinds {
    private UnicodeKinds() {}

    /** Unicode's property White_Space; all in the basic plane. */
    static boolean isWhiteSpace(int codePoint) {
        return switch (codePoint) {
            case ' ', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
            default -> (codePoint >= '\t' && codePoint <= '\r') || (codePoint >= 0x2000 && codePoint <= 0x200A);
        };
    }

    /** {@code \w} of the {@code regex} crate: letters, marks, decimal digits, connectors and joiners. */
    static boolean isWord(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.DECIMAL_DIGIT_NUMBER,
                    Character.CONNECTOR_PUNCTUATION -> true;
            default -> Character.isAlphabetic(codePoint) || codePoint == 0x200C || codePoint == 0x200D;
        };
    }

    /** Rust's {@code char::is_numeric}: the general category N. */
    static boolean isNumeric(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }

    /** ASCII's punctuation and symbols, and the general category P. */
    static boolean isPunctuation(int codePoint) {
        if (codePoint < 128) {
            return codePoint > ' ' && codePoint < 127 && !Character.isLetterOrDigit(codePoint);
        }
        return switch (Character.getType(codePoint)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> false;
        };
    }

    /** Non-spacing, enclosing and spacing marks. */
    static boolean isMark(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> true;
            default -> false;
        };
    }

    /** Whether a character is lower case already or has no case stays as it is; U+0130 alone becomes two characters. */
    static void appendLowerCase(StringBuilder target, int codePoint) {
        if (codePoint == 0x130) {
            target.append("i\u0307");
        } else {
            target.appendCodePoint(Character.toLowerCase(codePoint));
        }
    }
}

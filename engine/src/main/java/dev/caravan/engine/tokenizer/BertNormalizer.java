package dev.caravan.engine.tokenizer;

import java.text.Normalizer;

/**
 * BERT's clean-up.
 *
 * @param cleansText whether control characters vanish and white space becomes a space
 * @param separatesChinese whether Chinese characters get spaces around them
 * @param stripsAccents whether text is decomposed and non-spacing marks vanish
 */
record BertNormalizer(boolean cleansText, boolean separatesChinese, boolean stripsAccents, boolean lowercases)
        implements TextNormalizer {

    @Override
    public String normalize(String text) {
        StringBuilder separated = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(codePoint -> append(separated, codePoint));
        String normalized = separated.toString();
        if (stripsAccents) {
            normalized = Normalizer.normalize(normalized, Normalizer.Form.NFD);
        }
        StringBuilder result = new StringBuilder(normalized.length());
        normalized.codePoints().forEach(codePoint -> {
            if (stripsAccents && Character.getType(codePoint) == Character.NON_SPACING_MARK) {
                return;
            }
            if (lowercases) {
                UnicodeKinds.appendLowerCase(result, codePoint);
            } else {
                result.appendCodePoint(codePoint);
            }
        });
        return result.toString();
    }

    private void append(StringBuilder target, int codePoint) {
        if (cleansText && vanishes(codePoint)) {
            return;
        }
        if (cleansText && UnicodeKinds.isWhiteSpace(codePoint)) {
            target.append(' ');
        } else if (separatesChinese && isChinese(codePoint)) {
            target.append(' ').appendCodePoint(codePoint).append(' ');
        } else {
            target.appendCodePoint(codePoint);
        }
    }

    private static boolean vanishes(int codePoint) {
        if (codePoint == '\t' || codePoint == '\n' || codePoint == '\r') {
            return false;
        }
        return codePoint == 0xFFFD
                || switch (Character.getType(codePoint)) {
                    case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE -> true;
                    default -> false;
                };
    }

    /** The blocks that BERT counts as Chinese. */
    private static boolean isChinese(int codePoint) {
        return (codePoint >= 0x4E00 && codePoint <= 0x9FFF)
                || (codePoint >= 0x3400 && codePoint <= 0x4DBF)
                || (codePoint >= 0x20000 && codePoint <= 0x2A6DF)
                || (codePoint >= 0x2A700 && codePoint <= 0x2B73F)
                || (codePoint >= 0x2B740 && codePoint <= 0x2B81F)
                || (codePoint >= 0x2B920 && codePoint <= 0x2CEAF)
                || (codePoint >= 0xF900 && codePoint <= 0xFAFF)
                || (codePoint >= 0x2F800 && codePoint <= 0x2FA1F);
    }
}

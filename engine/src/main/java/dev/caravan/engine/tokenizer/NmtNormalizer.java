package dev.caravan.engine.tokenizer;

/** SentencePiece's clean-up for translation: some control characters vanish, other ones become a space. */
record NmtNormalizer() implements TextNormalizer {

    @Override
    public String normalize(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (isSpace(character)) {
                clean.append(' ');
            } else if (!vanishes(character)) {
                clean.append(character);
            }
        }
        return clean.toString();
    }

    private static boolean vanishes(char character) {
        return (character >= 0x01 && character <= 0x08)
                || character == 0x0B
                || (character >= 0x0E && character <= 0x1F)
                || character == 0x7F
                || character == 0x8F
                || character == 0x9F;
    }

    private static boolean isSpace(char character) {
        return switch (character) {
            case '\t', '\n', '\f', '\r', 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> true;
            default -> character >= 0x200B && character <= 0x200F;
        };
    }
}

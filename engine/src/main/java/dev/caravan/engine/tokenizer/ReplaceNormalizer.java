package dev.caravan.engine.tokenizer;

/** Every match of a pattern becomes a text. */
record ReplaceNormalizer(TextPattern pattern, String content) implements TextNormalizer {

    /** Compatibility decomposition makes at most 18 characters of one. */
    private static final int MAX_GROWTH = 32;

    private static final int MIN_LIMIT = 4096;

    @Override
    public String normalize(String text) {
        StringBuilder replaced = new StringBuilder(text.length() + 16);
        int[] position = {0};
        pattern.find(text, 0, text.length(), (start, end) -> {
            replaced.append(text, position[0], start).append(content);
            requireBounded(replaced.length(), text.length());
            position[0] = end;
        });
        return position[0] == 0 && replaced.isEmpty()
                ? text
                : replaced.append(text, position[0], text.length()).toString();
    }

    /** @throws IllegalArgumentException if a text of some length has become too long */
    static void requireBounded(int length, int originalLength) {
        if (length > Math.max(MIN_LIMIT, (long) originalLength * MAX_GROWTH)) {
            throw new IllegalArgumentException(
                    "the tokenizer's normalizer makes more than %d characters of %d; take a model with another tokenizer"
                            .formatted(length - 1, originalLength));
        }
    }
}

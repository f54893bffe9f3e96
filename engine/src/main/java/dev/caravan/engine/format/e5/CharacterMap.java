package dev.caravan.engine.format.e5;

import dev.caravan.engine.tokenizer.TextNormalizer;
import java.util.Arrays;

/**
 * XLM-R's normalisation as the file stores it: single characters to replacements (compatibility forms, full width,
 * control characters to nothing, white space to a space), then runs of spaces to one, and none in front, where the
 * tokenizer puts its own mark. Immutable and thread-safe.
 */
final class CharacterMap implements TextNormalizer {

    private final int[] codePoints;
    private final int[] ends;
    private final int[] replacements;

    /**
     * @param codePoints ascending
     * @param ends where each character's replacement ends; it begins where the one before ends
     */
    CharacterMap(int[] codePoints, int[] ends, int[] replacements) {
        this.codePoints = codePoints;
        this.ends = ends;
        this.replacements = replacements;
    }

    @Override
    public String normalize(String text) {
        StringBuilder normalized = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            int entry = Arrays.binarySearch(codePoints, codePoint);
            if (entry < 0) {
                append(normalized, codePoint);
            } else {
                for (int k = entry == 0 ? 0 : ends[entry - 1]; k < ends[entry]; k++) {
                    append(normalized, replacements[k]);
                }
            }
        }
        return normalized.toString();
    }

    private static void append(StringBuilder normalized, int codePoint) {
        boolean repeatsSpace = normalized.isEmpty() || normalized.charAt(normalized.length() - 1) == ' ';
        if (codePoint != ' ' || !repeatsSpace) {
            normalized.appendCodePoint(codePoint);
        }
    }
}

package dev.caravan.engine.check;

import java.util.Locale;

/** Numbers and texts as a person reads them. */
final class Shown {

    private Shown() {}

    /** 253000000 as {@code 253.0 MB}. */
    static String bytes(long bytes) {
        if (bytes < 1_000_000) {
            return String.format(Locale.ROOT, "%.1f kB", bytes / 1e3);
        }
        return bytes < 1_000_000_000
                ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }

    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** A text in one line, with a quotation mark at both ends, cut in the middle where it is long. */
    static String quoted(String text, int charactersMax) {
        String line = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
        if (line.length() > charactersMax) {
            int half = charactersMax / 2;
            // A character of two units is not cut in two.
            int start = Character.isHighSurrogate(line.charAt(half - 1)) ? half - 1 : half;
            int end = line.length() - half;
            end += Character.isLowSurrogate(line.charAt(end)) ? 1 : 0;
            line = line.substring(0, start) + " … " + line.substring(end);
        }
        StringBuilder visible = new StringBuilder("\"");
        line.codePoints().forEach(character -> {
            if (Character.isISOControl(character)) {
                visible.append(String.format(Locale.ROOT, "\\u%04x", character));
            } else {
                visible.appendCodePoint(character);
            }
        });
        return visible.append('"').toString();
    }
}

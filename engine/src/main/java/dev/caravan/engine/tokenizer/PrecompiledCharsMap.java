package dev.caravan.engine.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece's compiled normalisation (NFKC with additions): a double-array trie from byte sequences to replacements.
 *
 * <p>Layout: {@code u32} size of the trie in bytes, little-endian; the trie's units of 32 bits; the replacements, each
 * ended by a zero byte. A unit: bits 0 to 7 its label (with bit 31), bit 8 whether a leaf hangs below, bits 10 to 30 the
 * offset to its children, shifted by 8 more when bit 9 is set. A leaf: bits 0 to 30 where the replacement begins.
 */
final class PrecompiledCharsMap implements TextNormalizer {

    /** How the trie is applied to a text. */
    enum Matching {
        /** As SentencePiece does, and llama.cpp after it. */
        LONGEST_PREFIX,
        /**
         * As the {@code tokenizers} library does: a grapheme of less than six bytes is replaced whole by what its
         * <em>shortest</em> prefix in the trie stands for, else character by character.
         */
        GRAPHEMES
    }

    private static final Pattern GRAPHEME = Pattern.compile("\\X");
    private static final int MAX_BYTES = 16 << 20;

    private final int[] units;
    private final byte[] replacements;
    private final Matching matching;

    /** @throws IllegalArgumentException if the map is cut off */
    PrecompiledCharsMap(byte[] map, Matching matching) {
        this.matching = matching;
        if (map.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "it has %d bytes, more than the %d supported".formatted(map.length, MAX_BYTES));
        }
        ByteBuffer buffer = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
        int trieBytes = map.length < 4 ? -1 : buffer.getInt();
        if (trieBytes < 4 || trieBytes % 4 != 0 || trieBytes > buffer.remaining()) {
            throw new IllegalArgumentException("its trie does not fit its length");
        }
        units = new int[trieBytes / 4];
        buffer.asIntBuffer().get(units);
        buffer.position(4 + trieBytes);
        replacements = new byte[buffer.remaining()];
        buffer.get(replacements);
        try {
            CharBuffer ignored = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
            requireRoom(ignored);
        } catch (CharacterCodingException malformed) {
            throw new IllegalArgumentException("its replacements are not UTF-8", malformed);
        }
    }

    private static void requireRoom(CharBuffer text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("it has no replacements");
        }
    }

    @Override
    public String normalize(String text) {
        return switch (matching) {
            case LONGEST_PREFIX -> normalizePrefixes(text);
            case GRAPHEMES -> normalizeGraphemes(text);
        };
    }

    private String normalizePrefixes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream normalized = new ByteArrayOutputStream(bytes.length + 16);
        for (int i = 0; i < bytes.length; ) {
            long match = match(bytes, i, bytes.length, true);
            int length = match < 0 ? Utf8.length(bytes[i]) : (int) (match >>> 32);
            if (match < 0) {
                normalized.write(bytes, i, length);
            } else {
                int start = (int) match;
                normalized.write(replacements, start, end(start) - start);
                ReplaceNormalizer.requireBounded(normalized.size(), bytes.length);
            }
            i += length;
        }
        return normalized.toString(StandardCharsets.UTF_8);
    }

    private String normalizeGraphemes(String text) {
        StringBuilder normalized = new StringBuilder(text.length() + 16);
        Matcher graphemes = GRAPHEME.matcher(text);
        byte[] bytes = new byte[8];
        while (graphemes.find()) {
            ReplaceNormalizer.requireBounded(normalized.length(), text.length());
            int start = graphemes.start();
            int end = graphemes.end();
            // Six units of UTF-16 take six bytes at least.
            int length = end - start < 6 ? toBytes(text, start, end, bytes) : Integer.MAX_VALUE;
            String whole = length < 6 ? replacement(bytes, length) : null;
            if (whole != null) {
                normalized.append(whole);
                continue;
            }
            for (int i = start; i < end; ) {
                int codePoint = text.codePointAt(i);
                String replaced = replacement(bytes, Utf8.put(bytes, 0, codePoint));
                if (replaced != null) {
                    normalized.append(replaced);
                } else {
                    normalized.appendCodePoint(codePoint);
                }
                i += Character.charCount(codePoint);
            }
        }
        return normalized.toString();
    }

    /** UTF-8 as far as it matters: stops once there are six bytes. */
    private static int toBytes(String text, int start, int end, byte[] bytes) {
        int length = 0;
        for (int i = start; i < end && length < 5; ) {
            int codePoint = text.codePointAt(i);
            length = Utf8.put(bytes, length, codePoint);
            i += Character.charCount(codePoint);
            if (length == 5 && i < end) {
                return 6;
            }
        }
        return length;
    }

    /** What the shortest prefix of the bytes stands for, or null. */
    private @Nullable String replacement(byte[] bytes, int length) {
        long match = match(bytes, 0, length, false);
        int start = (int) match;
        return match < 0 ? null : new String(replacements, start, end(start) - start, StandardCharsets.UTF_8);
    }

    /**
     * A prefix of {@code bytes[from, to)} that has a replacement: the longest or the shortest.
     *
     * @return its length in the upper and the place of the replacement in the lower 32 bits, or -1
     */
    private long match(byte[] bytes, int from, int to, boolean longest) {
        long match = -1;
        int node = offset(units[0]);
        for (int i = from; i < to && bytes[i] != 0; i++) {
            int label = bytes[i] & 0xFF;
            node ^= label;
            if (node >= units.length || (units[node] & 0x800000FF) != label) {
                break;
            }
            int unit = units[node];
            node ^= offset(unit);
            if ((unit >>> 8 & 1) == 1 && node < units.length) {
                int start = units[node] & Integer.MAX_VALUE;
                match = start < replacements.length ? (long) (i + 1 - from) << 32 | start : match;
                if (match >= 0 && !longest) {
                    break;
                }
            }
        }
        return match;
    }

    private int end(int start) {
        int end = start;
        while (end < replacements.length && replacements[end] != 0) {
            end++;
        }
        return end;
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & 1 << 9) >>> 6);
    }
}

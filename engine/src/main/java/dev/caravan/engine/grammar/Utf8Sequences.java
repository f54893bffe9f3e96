package dev.caravan.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Sets of code points as sequences of byte ranges: exactly the UTF-8 of the set. */
final class Utf8Sequences {
    /** The last code point of one, two and three bytes. */
    private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF};

    private static final int CONTINUATION_BITS = 6;

    private Utf8Sequences() {}

    /** One to four ranges of bytes, one after the other. */
    @SuppressWarnings("ArrayRecordComponent") // made here, never written again
    record ByteRanges(int[] first, int[] last) {}

    static List<ByteRanges> of(CodePoints set) {
        List<ByteRanges> sequences = new ArrayList<>();
        for (int range = 0; range < set.rangeCount(); range++) {
            splitByLength(set.first(range), set.last(range), sequences);
        }
        return sequences;
    }

    private static void splitByLength(int first, int last, List<ByteRanges> sequences) {
        int from = first;
        for (int lastOfLength : LAST_OF_LENGTH) {
            if (from <= lastOfLength && last > lastOfLength) {
                splitByPrefix(from, lastOfLength, sequences);
                from = lastOfLength + 1;
            }
        }
        splitByPrefix(from, last, sequences);
    }

    /** Splits until each byte ranges independently of the others: the trailing bytes are all free or all fixed. */
    private static void splitByPrefix(int first, int last, List<ByteRanges> sequences) {
        for (int bits = CONTINUATION_BITS; bits <= 3 * CONTINUATION_BITS; bits += CONTINUATION_BITS) {
            int mask = (1 << bits) - 1;
            if (first > 0x7F && (first & ~mask) != (last & ~mask)) {
                if ((first & mask) != 0) {
                    splitByPrefix(first, first | mask, sequences);
                    splitByPrefix((first | mask) + 1, last, sequences);
                    return;
                }
                if ((last & mask) != mask) {
                    splitByPrefix(first, (last & ~mask) - 1, sequences);
                    splitByPrefix(last & ~mask, last, sequences);
                    return;
                }
            }
        }
        byte[] from = Character.toString(first).getBytes(StandardCharsets.UTF_8);
        byte[] to = Character.toString(last).getBytes(StandardCharsets.UTF_8);
        sequences.add(new ByteRanges(unsigned(from), unsigned(to)));
    }

    private static int[] unsigned(byte[] bytes) {
        int[] values = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = bytes[i] & 0xFF;
        }
        return values;
    }
}

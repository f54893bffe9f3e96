package dev.caravan.engine.quant;

import java.lang.foreign.MemorySegment;

/**
 * The eight scales and eight minima of 6 bits each that Q4_K and Q5_K pack into 12 bytes s.
 *
 * <pre>
 * j &lt; 4:   scale j = s[j] &amp; 63                            minimum j = s[j + 4] &amp; 63
 * j &gt;= 4:  scale j = s[j + 4] &amp; 15 | s[j - 4] &gt;&gt; 6 &lt;&lt; 4    minimum j = s[j + 4] &gt;&gt; 4 | s[j] &gt;&gt; 6 &lt;&lt; 4
 * </pre>
 */
final class SixBitScales {

    private SixBitScales() {}

    static int scale(MemorySegment data, long s, int j) {
        return j < 4
                ? Bytes.u8(data, s + j) & 63
                : (Bytes.u8(data, s + j + 4) & 15) | (Bytes.u8(data, s + j - 4) >> 6 << 4);
    }

    static int minimum(MemorySegment data, long s, int j) {
        return j < 4
                ? Bytes.u8(data, s + j + 4) & 63
                : (Bytes.u8(data, s + j + 4) >> 4) | (Bytes.u8(data, s + j) >> 6 << 4);
    }

    /** Stores eight scales and eight minima. */
    static void put(int[] scales, int[] minima, MemorySegment data, long s) {
        for (int j = 0; j < 4; j++) {
            Bytes.put8(data, s + j, scales[j] | (scales[j + 4] >> 4 << 6));
            Bytes.put8(data, s + j + 4, minima[j] | (minima[j + 4] >> 4 << 6));
            Bytes.put8(data, s + j + 8, (scales[j + 4] & 15) | (minima[j + 4] << 4));
        }
    }
}

package dev.caravan.knowledge.parse;

import java.time.Duration;

/**
 * What reading one file may cost.
 *
 * @param heapMegabytes heap of the child JVM
 * @param timeLimit longest time for one file, the child's start included
 * @param idleLimit an idle child is ended after this time
 * @param maximumFileBytes larger files are refused unread
 * @param maximumCharacters longest text in UTF-16 code units
 * @param maximumInflatedBytes most bytes that a compressed file may unpack to
 */
public record ParserLimits(
        int heapMegabytes,
        Duration timeLimit,
        Duration idleLimit,
        long maximumFileBytes,
        int maximumCharacters,
        long maximumInflatedBytes) {

    public ParserLimits {
        if (heapMegabytes < 64
                || timeLimit.isNegative()
                || timeLimit.isZero()
                || idleLimit.isNegative()
                || maximumFileBytes < 1
                || maximumCharacters < 1
                || maximumInflatedBytes < 1) {
            throw new IllegalArgumentException("parser limits must be positive, the heap at least 64 MB");
        }
    }

    /** 384 MB of heap, two minutes, 100 MB files, 20 million characters, 1 GB unpacked. */
    public static ParserLimits defaults() {
        return new ParserLimits(384, Duration.ofMinutes(2), Duration.ofSeconds(30), 100L << 20, 20_000_000, 1L << 30);
    }
}

package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Vector kernels of Q4_K and Q5_K; their layouts stand in {@code quant}.
 *
 * <p>First the scales of the whole row are unpacked to floats, for each 64 values {@code [scale, scale, -minimum,
 * -minimum]} of the low and the high nibbles' sub-block, already times d and dmin. Then one flat loop over the row, two
 * chains of sums.
 */
final class KQuantVectors {
    private static final int Q4_K_BLOCK = DType.Q4_K.blockBytes();
    private static final int Q5_K_BLOCK = DType.Q5_K.blockBytes();
    /** Runs of as many bytes as there are lanes in 32 bytes, and pairs of them. */
    private static final int RUNS = 32 / Lanes.COUNT;

    private static final int PAIRS = RUNS / 2;
    private static final VectorMask<Float> MINIMA = VectorMask.fromLong(Lanes.FLOATS, 0xCCCC);

    private KQuantVectors() {}

    static float dotQ4_K(MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int v = 0; v < size / 64 * PAIRS; v++) {
            int g = v / PAIRS;
            int run = v % PAIRS * 2 * Lanes.COUNT;
            long at = offset + (g >> 2) * (long) Q4_K_BLOCK + 16 + 32L * (g & 3) + run;
            FloatVector lowScale = Lanes.spread(scales[4 * g]);
            FloatVector highScale = Lanes.spread(scales[4 * g + 1]);
            FloatVector lowShift = Lanes.spread(scales[4 * g + 2]);
            FloatVector highShift = Lanes.spread(scales[4 * g + 3]);
            int xi = xOffset + 64 * g + run;
            IntVector q = Lanes.unsignedBytes(w, at);
            low = low(q).fma(lowScale, lowShift).fma(Lanes.floats(x, xi), low);
            high = high(q).fma(highScale, highShift).fma(Lanes.floats(x, xi + 32), high);
            q = Lanes.unsignedBytes(w, at + Lanes.COUNT);
            low = low(q).fma(lowScale, lowShift).fma(Lanes.floats(x, xi + Lanes.COUNT), low);
            high = high(q).fma(highScale, highShift).fma(Lanes.floats(x, xi + 32 + Lanes.COUNT), high);
        }
        return Lanes.sum(low.add(high));
    }

    static void unpackQ4_K(MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        for (int v = 0; v < size / 64 * PAIRS; v++) {
            int g = v / PAIRS;
            int run = v % PAIRS * 2 * Lanes.COUNT;
            long at = offset + (g >> 2) * (long) Q4_K_BLOCK + 16 + 32L * (g & 3) + run;
            FloatVector lowScale = Lanes.spread(scales[4 * g]);
            FloatVector highScale = Lanes.spread(scales[4 * g + 1]);
            FloatVector lowShift = Lanes.spread(scales[4 * g + 2]);
            FloatVector highShift = Lanes.spread(scales[4 * g + 3]);
            int yi = yOffset + 64 * g + run;
            IntVector q = Lanes.unsignedBytes(w, at);
            low(q).fma(lowScale, lowShift).intoArray(y, yi);
            high(q).fma(highScale, highShift).intoArray(y, yi + 32);
            q = Lanes.unsignedBytes(w, at + Lanes.COUNT);
            low(q).fma(lowScale, lowShift).intoArray(y, yi + Lanes.COUNT);
            high(q).fma(highScale, highShift).intoArray(y, yi + 32 + Lanes.COUNT);
        }
    }

    private static FloatVector low(IntVector q) {
        return Lanes.floats(q.and(15));
    }

    private static FloatVector high(IntVector q) {
        return Lanes.floats(q.lanewise(VectorOperators.LSHR, 4));
    }

    static float dotQ5_K(MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int v = 0; v < size / 64 * RUNS; v++) {
            int g = v / RUNS;
            int run = v % RUNS * Lanes.COUNT;
            long block = offset + (g >> 2) * (long) Q5_K_BLOCK;
            IntVector q = Lanes.unsignedBytes(w, block + 48 + 32L * (g & 3) + run);
            IntVector fifths = Lanes.unsignedBytes(w, block + 16 + run).lanewise(VectorOperators.LSHR, 2 * (g & 3));
            int xi = xOffset + 64 * g + run;
            low = lowFive(q, fifths)
                    .fma(Lanes.spread(scales[4 * g]), Lanes.spread(scales[4 * g + 2]))
                    .fma(Lanes.floats(x, xi), low);
            high = highFive(q, fifths)
                    .fma(Lanes.spread(scales[4 * g + 1]), Lanes.spread(scales[4 * g + 3]))
                    .fma(Lanes.floats(x, xi + 32), high);
        }
        return Lanes.sum(low.add(high));
    }

    static void unpackQ5_K(MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        for (int v = 0; v < size / 64 * RUNS; v++) {
            int g = v / RUNS;
            int run = v % RUNS * Lanes.COUNT;
            long block = offset + (g >> 2) * (long) Q5_K_BLOCK;
            IntVector q = Lanes.unsignedBytes(w, block + 48 + 32L * (g & 3) + run);
            IntVector fifths = Lanes.unsignedBytes(w, block + 16 + run).lanewise(VectorOperators.LSHR, 2 * (g & 3));
            int yi = yOffset + 64 * g + run;
            lowFive(q, fifths)
                    .fma(Lanes.spread(scales[4 * g]), Lanes.spread(scales[4 * g + 2]))
                    .intoArray(y, yi);
            highFive(q, fifths)
                    .fma(Lanes.spread(scales[4 * g + 1]), Lanes.spread(scales[4 * g + 3]))
                    .intoArray(y, yi + 32);
        }
    }

    /** The low nibbles with bit 0 of {@code fifths} as the fifth bit. */
    private static FloatVector lowFive(IntVector q, IntVector fifths) {
        return Lanes.floats(
                q.and(15).or(fifths.lanewise(VectorOperators.LSHL, 4).and(16)));
    }

    /** The high nibbles with bit 1 of {@code fifths} as the fifth bit. */
    private static FloatVector highFive(IntVector q, IntVector fifths) {
        return Lanes.floats(q.lanewise(VectorOperators.LSHR, 4)
                .or(fifths.lanewise(VectorOperators.LSHL, 3).and(16)));
    }

    static void unpackScalesQ4_K(MemorySegment w, long offset, int size, float[] scales) {
        unpackScales(w, offset, Q4_K_BLOCK, size, scales);
    }

    static void unpackScalesQ5_K(MemorySegment w, long offset, int size, float[] scales) {
        unpackScales(w, offset, Q5_K_BLOCK, size, scales);
    }

    /** For each 64 values: two scales, two negative minima. The head of a block is the same in Q4_K and Q5_K. */
    private static void unpackScales(MemorySegment w, long offset, int blockBytes, int size, float[] scales) {
        for (int b = 0; b < size >> 8; b++) {
            long block = offset + b * (long) blockBytes;
            int first = Packed.i32(w, block + 4);
            int second = Packed.i32(w, block + 8);
            int third = Packed.i32(w, block + 12);
            // Bytes 0-3 hold scales and bytes 4-7 minima 0-3 in their lower 6 bits; of scales and minima 4-7 the lower
            // 4 bits are the nibbles of bytes 8-11, the upper 2 the upper bits of bytes 0-7.
            long firstHalf = interleaved(first & 0x3F3F3F3F, second & 0x3F3F3F3F);
            long secondHalf = interleaved(
                    (third & 0x0F0F0F0F) | (first >>> 2 & 0x30303030),
                    (third >>> 4 & 0x0F0F0F0F) | (second >>> 2 & 0x30303030));
            ByteVector numbers = LongVector.broadcast(LongVector.SPECIES_128, firstHalf)
                    .withLane(1, secondHalf)
                    .reinterpretAsBytes();
            FloatVector factors = Lanes.spread(Packed.f16(w, block)).blend(-Packed.f16(w, block + 2), MINIMA);
            Lanes.storeScaled16(numbers, factors, scales, 16 * b);
        }
    }

    /** The bytes {@code s0 s1 m0 m1 s2 s3 m2 m3} of {@code s0 … s3} and {@code m0 … m3}. */
    private static long interleaved(int scales, int minima) {
        int low = (scales & 0xFFFF) | (minima << 16);
        int high = (scales >>> 16) | (minima & 0xFFFF0000);
        return Integer.toUnsignedLong(low) | ((long) high << 32);
    }
}

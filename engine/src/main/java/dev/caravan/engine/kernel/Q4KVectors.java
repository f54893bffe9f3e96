package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector kernels of Q4_K, and the scales of Q4_K and Q5_K; their layouts stand in {@code quant}.
 *
 * <p>First the scales of the whole row are unpacked to floats, all sub-blocks' scales and then their negative minima,
 * already times d and dmin. Then one flat loop over the row, two chains of sums.
 *
 * <p>A value is {@code scale * q - minimum}. A sum of products needs the minimum once for each sub-block, times the sum of
 * its x, which is taken once for all rows; and the scale once for a sum of several {@code q * x}.
 */
final class Q4KVectors {
    private static final int BLOCK = DType.Q4_K.blockBytes();
    /** Runs of twice as many bytes as there are lanes in 32 bytes. */
    private static final int PAIRS = 16 / Lanes.COUNT;

    // Where scales 0-3, scales 4-7, minima 0-3 and minima 4-7 come from. A block's head is four words: d and dmin, then
    // twelve bytes. The lower 6 bits of bytes 0-7 are scales and minima 0-3. Of the others the lower 4 bits are the
    // nibbles of bytes 8-11, the upper 2 the upper bits of bytes 0-7.
    private static final int[] FIRST_WORD = {1, 3, 2, 3};
    private static final int[] FIRST_SHIFT = {0, 0, 0, 4};
    private static final int[] FIRST_MASK = {0x3F3F3F3F, 0x0F0F0F0F, 0x3F3F3F3F, 0x0F0F0F0F};
    private static final int[] SECOND_WORD = {1, 1, 2, 2};
    private static final int[] SECOND_MASK = {0, 0x30303030, 0, 0x30303030};

    private static final VectorSpecies<Integer> FOUR = IntVector.SPECIES_128;
    private static final VectorShuffle<Integer> FIRST_WORDS = VectorShuffle.fromArray(FOUR, FIRST_WORD, 0);
    private static final VectorShuffle<Integer> SECOND_WORDS = VectorShuffle.fromArray(FOUR, SECOND_WORD, 0);
    private static final IntVector FIRST_SHIFTS = IntVector.fromArray(FOUR, FIRST_SHIFT, 0);
    private static final IntVector FIRST_MASKS = IntVector.fromArray(FOUR, FIRST_MASK, 0);
    private static final IntVector SECOND_MASKS = IntVector.fromArray(FOUR, SECOND_MASK, 0);
    private static final VectorMask<Float> SCALES = VectorMask.fromLong(Lanes.FLOATS, 0xFF);
    private static final VectorMask<Float> MINIMA = VectorMask.fromLong(Lanes.FLOATS, 0xFF00);

    private Q4KVectors() {}

    static float dot(MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int v = 0; v < size / 64 * PAIRS; v++) {
            int g = v / PAIRS;
            int run = v % PAIRS * 2 * Lanes.COUNT;
            long at = offset + (g >> 2) * (long) BLOCK + 16 + 32L * (g & 3) + run;
            int xi = xOffset + 64 * g + run;
            IntVector q;
            IntVector next;
            if (Lanes.COUNT == 4) {
                q = Lanes.unsignedBytes(w, at);
                next = Lanes.unsignedBytes(w, at + 4);
            } else {
                ByteVector both = Lanes.bytePairs(w, at);
                q = Lanes.unsigned(both, 0);
                next = Lanes.unsigned(both, 1);
            }
            FloatVector lows = low(q).mul(Lanes.floats(x, xi));
            FloatVector highs = high(q).mul(Lanes.floats(x, xi + 32));
            lows = low(next).fma(Lanes.floats(x, xi + Lanes.COUNT), lows);
            highs = high(next).fma(Lanes.floats(x, xi + 32 + Lanes.COUNT), highs);
            low = lows.fma(Lanes.spread(scales[2 * g]), low);
            high = highs.fma(Lanes.spread(scales[2 * g + 1]), high);
        }
        return Lanes.sum(low.add(high));
    }

    /** For each 256 values of x eight zeros, where the scales stand in {@code scales}, and the sums of each 32. */
    static void sums(float[] x, int size, float[] sums) {
        for (int j = 0; j < size / 32; j++) {
            FloatVector sum = Lanes.zero();
            for (int i = 32 * j; i < 32 * j + 32; i += Lanes.COUNT) {
                sum = sum.add(Lanes.floats(x, i));
            }
            int at = (j >> 3) * 16 + (j & 7);
            sums[at] = 0;
            sums[at + 8] = Lanes.sum(sum);
        }
    }

    static void unpack(MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        int minima = size / 32;
        for (int v = 0; v < size / 64 * PAIRS; v++) {
            int g = v / PAIRS;
            int run = v % PAIRS * 2 * Lanes.COUNT;
            long at = offset + (g >> 2) * (long) BLOCK + 16 + 32L * (g & 3) + run;
            FloatVector lowScale = Lanes.spread(scales[2 * g]);
            FloatVector highScale = Lanes.spread(scales[2 * g + 1]);
            FloatVector lowShift = Lanes.spread(scales[minima + 2 * g]);
            FloatVector highShift = Lanes.spread(scales[minima + 2 * g + 1]);
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

    static float unpackScales(MemorySegment w, long offset, int size, float[] scales, float[] sums) {
        return unpackScales(w, offset, BLOCK, size, scales, sums);
    }

    /**
     * Unpacks the scales of all sub-blocks, then their negative minima. The head of a block is the same in Q4_K and Q5_K.
     *
     * @return what the minima take off: each times the sum of its sub-block's x
     */
    static float unpackScales(MemorySegment w, long offset, int blockBytes, int size, float[] scales, float[] sums) {
        if (Lanes.COUNT == 4) {
            return unpackScalesByFours(w, offset, blockBytes, size, scales, sums);
        }
        FloatVector taken = Lanes.zero();
        for (int b = 0; b < size >> 8; b++) {
            long block = offset + b * (long) blockBytes;
            IntVector head = Lanes.bytes16(w, block).reinterpretAsInts();
            IntVector firsts = head.rearrange(FIRST_WORDS)
                    .lanewise(VectorOperators.LSHR, FIRST_SHIFTS)
                    .and(FIRST_MASKS);
            IntVector seconds = head.rearrange(SECOND_WORDS)
                    .lanewise(VectorOperators.LSHR, 2)
                    .and(SECOND_MASKS);
            ByteVector numbers = firsts.or(seconds).reinterpretAsBytes();
            float d = Packed.f16(w, block);
            float minusDmin = -Packed.f16(w, block + 2);
            if (Lanes.COUNT == 16) {
                FloatVector all = Lanes.floats(numbers, 0).mul(Lanes.spread(d).blend(minusDmin, MINIMA));
                all.intoArray(scales, 8 * b, SCALES);
                all.intoArray(scales, size / 32 - 8 + 8 * b, MINIMA);
                taken = all.fma(Lanes.floats(sums, 16 * b), taken);
            } else {
                Lanes.floats(numbers, 0).mul(d).intoArray(scales, 8 * b);
                FloatVector minima = Lanes.floats(numbers, 1).mul(minusDmin);
                minima.intoArray(scales, size / 32 + 8 * b);
                taken = minima.fma(Lanes.floats(sums, 16 * b + 8), taken);
            }
        }
        return Lanes.sum(taken);
    }

    /** The same with four lanes: a quarter of all blocks' numbers at a time, or it is too much for the compiler. */
    private static float unpackScalesByFours(
            MemorySegment w, long offset, int blockBytes, int size, float[] scales, float[] sums) {
        FloatVector taken = Lanes.zero();
        for (int part = 0; part < 4; part++) {
            int to = 4 * (part & 1) + (part < 2 ? 0 : size / 32);
            for (int b = 0; b < size >> 8; b++) {
                long block = offset + b * (long) blockBytes;
                int four = (Packed.i32(w, block + 4L * FIRST_WORD[part]) >>> FIRST_SHIFT[part] & FIRST_MASK[part])
                        | (Packed.i32(w, block + 4L * SECOND_WORD[part]) >>> 2 & SECOND_MASK[part]);
                float factor = part < 2 ? Packed.f16(w, block) : -Packed.f16(w, block + 2);
                FloatVector factors = Lanes.fourUnsignedBytes(four).mul(factor);
                factors.intoArray(scales, to + 8 * b);
                taken = factors.fma(Lanes.floats(sums, 16 * b + 4 * part), taken);
            }
        }
        return Lanes.sum(taken);
    }
}

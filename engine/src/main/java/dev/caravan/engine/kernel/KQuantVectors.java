package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Vector kernels of Q4_K, Q5_K and Q6_K: blocks of 256 values with a scale for each 32 or 16. Their layouts stand in
 * {@code quant}. Values are scaled one by one (their sub-blocks are too short to sum first); two chains of sums.
 */
final class KQuantVectors {
    private static final int Q4_K_BLOCK = DType.Q4_K.blockBytes();
    private static final int Q5_K_BLOCK = DType.Q5_K.blockBytes();
    private static final int Q6_K_BLOCK = DType.Q6_K.blockBytes();

    private KQuantVectors() {}

    static float dotQ4_K(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int i = 0; i < size; i += 256) {
            long block = offset + (i >> 8) * (long) Q4_K_BLOCK;
            float d = Packed.f16(w, block);
            float dmin = -Packed.f16(w, block + 2);
            long scales = scales(w, block + 4);
            long minima = minima(w, block + 4);
            for (int u = 0; u < 8; u++) {
                int j = u & 6;
                ByteVector q = Lanes.bytes16(w, block + 16 + 16L * u);
                int xi = xOffset + i + 32 * j + 16 * (u & 1);
                FloatVector scale = Lanes.spread(d * number(scales, j));
                FloatVector shift = Lanes.spread(dmin * number(minima, j));
                low = Lanes.multiplyAddShifted16(Lanes.lowNibbles(q), scale, shift, x, xi, low);
                scale = Lanes.spread(d * number(scales, j + 1));
                shift = Lanes.spread(dmin * number(minima, j + 1));
                high = Lanes.multiplyAddShifted16(Lanes.highNibbles(q), scale, shift, x, xi + 32, high);
            }
        }
        return Lanes.sum(low.add(high));
    }

    static void unpackQ4_K(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i += 256) {
            long block = offset + (i >> 8) * (long) Q4_K_BLOCK;
            float d = Packed.f16(w, block);
            float dmin = -Packed.f16(w, block + 2);
            long scales = scales(w, block + 4);
            long minima = minima(w, block + 4);
            for (int u = 0; u < 8; u++) {
                int j = u & 6;
                ByteVector q = Lanes.bytes16(w, block + 16 + 16L * u);
                int yi = yOffset + i + 32 * j + 16 * (u & 1);
                FloatVector scale = Lanes.spread(d * number(scales, j));
                FloatVector shift = Lanes.spread(dmin * number(minima, j));
                Lanes.storeShifted16(Lanes.lowNibbles(q), scale, shift, y, yi);
                scale = Lanes.spread(d * number(scales, j + 1));
                shift = Lanes.spread(dmin * number(minima, j + 1));
                Lanes.storeShifted16(Lanes.highNibbles(q), scale, shift, y, yi + 32);
            }
        }
    }

    static float dotQ5_K(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int i = 0; i < size; i += 256) {
            long block = offset + (i >> 8) * (long) Q5_K_BLOCK;
            float d = Packed.f16(w, block);
            float dmin = -Packed.f16(w, block + 2);
            long scales = scales(w, block + 4);
            long minima = minima(w, block + 4);
            for (int u = 0; u < 8; u++) {
                int j = u & 6;
                ByteVector q = Lanes.bytes16(w, block + 48 + 16L * u);
                ByteVector fifths = Lanes.bytes16(w, block + 16 + 16L * (u & 1));
                int xi = xOffset + i + 32 * j + 16 * (u & 1);
                FloatVector scale = Lanes.spread(d * number(scales, j));
                FloatVector shift = Lanes.spread(dmin * number(minima, j));
                low = Lanes.multiplyAddShifted16(fiveBits(Lanes.lowNibbles(q), fifths, j), scale, shift, x, xi, low);
                scale = Lanes.spread(d * number(scales, j + 1));
                shift = Lanes.spread(dmin * number(minima, j + 1));
                high = Lanes.multiplyAddShifted16(
                        fiveBits(Lanes.highNibbles(q), fifths, j + 1), scale, shift, x, xi + 32, high);
            }
        }
        return Lanes.sum(low.add(high));
    }

    static void unpackQ5_K(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i += 256) {
            long block = offset + (i >> 8) * (long) Q5_K_BLOCK;
            float d = Packed.f16(w, block);
            float dmin = -Packed.f16(w, block + 2);
            long scales = scales(w, block + 4);
            long minima = minima(w, block + 4);
            for (int u = 0; u < 8; u++) {
                int j = u & 6;
                ByteVector q = Lanes.bytes16(w, block + 48 + 16L * u);
                ByteVector fifths = Lanes.bytes16(w, block + 16 + 16L * (u & 1));
                int yi = yOffset + i + 32 * j + 16 * (u & 1);
                FloatVector scale = Lanes.spread(d * number(scales, j));
                FloatVector shift = Lanes.spread(dmin * number(minima, j));
                Lanes.storeShifted16(fiveBits(Lanes.lowNibbles(q), fifths, j), scale, shift, y, yi);
                scale = Lanes.spread(d * number(scales, j + 1));
                shift = Lanes.spread(dmin * number(minima, j + 1));
                Lanes.storeShifted16(fiveBits(Lanes.highNibbles(q), fifths, j + 1), scale, shift, y, yi + 32);
            }
        }
    }

    /** The values of sub-block j: its nibbles, with bit j of {@code fifths} as the fifth bit. */
    private static ByteVector fiveBits(ByteVector nibbles, ByteVector fifths, int j) {
        VectorMask<Byte> set = fifths.and((byte) (1 << j)).compare(VectorOperators.NE, (byte) 0);
        return nibbles.add((byte) 16, set);
    }

    /** The eight 6-bit scales of 12 packed bytes, one in each byte. */
    private static long scales(MemorySegment w, long s) {
        int upperBits = Packed.i32(w, s);
        int last = Packed.i32(w, s + 8);
        int low = upperBits & 0x3F3F3F3F;
        int high = (last & 0x0F0F0F0F) | (upperBits >>> 2 & 0x30303030);
        return Integer.toUnsignedLong(low) | ((long) high << 32);
    }

    /** The eight 6-bit minima of 12 packed bytes, one in each byte. */
    private static long minima(MemorySegment w, long s) {
        int upperBits = Packed.i32(w, s + 4);
        int last = Packed.i32(w, s + 8);
        int low = upperBits & 0x3F3F3F3F;
        int high = (last >>> 4 & 0x0F0F0F0F) | (upperBits >>> 2 & 0x30303030);
        return Integer.toUnsignedLong(low) | ((long) high << 32);
    }

    private static float number(long bytes, int index) {
        return (int) (bytes >>> (8 * index)) & 63;
    }

    /**
     * A quarter of all half blocks at a time: with all quarters in one loop the method grows beyond what the compiler
     * inlines, and its vectors land on the heap.
     */
    static float dotQ6_K(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        float sum = 0;
        for (int quarter = 0; quarter < 4; quarter++) {
            sum += dotQ6_KQuarter(w, offset, quarter, x, xOffset, size);
        }
        return sum;
    }

    private static float dotQ6_KQuarter(MemorySegment w, long offset, int quarter, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int i = 0; i < size; i += 128) {
            long block = offset + (i >> 8) * (long) Q6_K_BLOCK;
            int half = i >> 7 & 1;
            float d = Packed.f16(w, block + 208);
            int scales = Packed.u16(w, block + 192 + 8L * half + 2L * quarter);
            for (int u = 0; u < 2; u++) {
                long low = block + 64L * half + 32L * (quarter & 1) + 16L * u;
                long high = block + 128 + 32L * half + 16L * u;
                FloatVector scale = Lanes.spread(d * (byte) (scales >> (8 * u)));
                int xi = xOffset + i + 32 * quarter + 16 * u;
                sums = Lanes.multiplyAddScaled16(sixBits(w, low, high, quarter), scale, x, xi, sums);
            }
        }
        return Lanes.sum(sums);
    }

    static void unpackQ6_K(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int quarter = 0; quarter < 4; quarter++) {
            unpackQ6_KQuarter(w, offset, quarter, y, yOffset, size);
        }
    }

    private static void unpackQ6_KQuarter(MemorySegment w, long offset, int quarter, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i += 128) {
            long block = offset + (i >> 8) * (long) Q6_K_BLOCK;
            int half = i >> 7 & 1;
            float d = Packed.f16(w, block + 208);
            int scales = Packed.u16(w, block + 192 + 8L * half + 2L * quarter);
            for (int u = 0; u < 2; u++) {
                long low = block + 64L * half + 32L * (quarter & 1) + 16L * u;
                long high = block + 128 + 32L * half + 16L * u;
                FloatVector scale = Lanes.spread(d * (byte) (scales >> (8 * u)));
                int yi = yOffset + i + 32 * quarter + 16 * u;
                Lanes.storeScaled16(sixBits(w, low, high, quarter), scale, y, yi);
            }
        }
    }

    /** 16 values of a quarter: a nibble of {@code low}, two bits of {@code high}, less 32. */
    private static ByteVector sixBits(MemorySegment w, long low, long high, int quarter) {
        ByteVector nibbles =
                Lanes.shiftedRight(Lanes.bytes16(w, low), 2 * (quarter & 2)).and((byte) 15);
        ByteVector pairs =
                Lanes.shiftedRight(Lanes.bytes16(w, high), 2 * quarter).and((byte) 3);
        return nibbles.or(Lanes.shiftedLeft(pairs, 4)).sub((byte) 32);
    }
}

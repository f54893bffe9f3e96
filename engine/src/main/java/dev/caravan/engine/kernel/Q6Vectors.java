package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Vector kernels of Q6_K; its layout stands in {@code quant}.
 *
 * <p>First the scales of the whole row are unpacked to floats, times d. With 8 or 16 lanes its codes are put together as
 * well, 32 bytes at a time, which takes a quarter of the steps that it would take as floats; they stand behind the scales
 * as raw bytes. Then one flat loop over 32 values at a time.
 *
 * <p>With 4 lanes that would be more than the compiler inlines. There a flat loop takes a run of 4 bytes of nibbles; byte
 * b of a block's 128 belongs to half {@code b / 64} and therein to side {@code b / 32 % 2}, which says where its two
 * values stand and which pairs of the upper bits are theirs.
 */
final class Q6Vectors {
    private static final int BLOCK = DType.Q6_K.blockBytes();
    /** Runs of a block. */
    private static final int RUNS = 128 / Lanes.COUNT;

    private Q6Vectors() {}

    static float dot(MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
        return Lanes.COUNT == 4 ? dotFours(w, offset, x, xOffset, size, scales) : dotCodes(x, xOffset, size, scales);
    }

    static void unpack(MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        if (Lanes.COUNT == 4) {
            unpackFours(w, offset, y, yOffset, size, scales);
        } else {
            scaleCodes(y, yOffset, size, scales);
        }
    }

    private static float dotCodes(float[] x, int xOffset, int size, float[] scales) {
        FloatVector even = Lanes.zero();
        FloatVector odd = Lanes.zero();
        int codes = size / 16;
        for (int v = 0; v < size / 32; v++) {
            ByteVector first = Lanes.storedBytes16(scales, codes + 8 * v);
            ByteVector second = Lanes.storedBytes16(scales, codes + 8 * v + 4);
            int xi = xOffset + 32 * v;
            FloatVector a = Lanes.floats(first, 0).mul(Lanes.floats(x, xi));
            FloatVector b = Lanes.floats(second, 0).mul(Lanes.floats(x, xi + 16));
            if (Lanes.COUNT == 8) {
                a = Lanes.floats(first, 1).fma(Lanes.floats(x, xi + 8), a);
                b = Lanes.floats(second, 1).fma(Lanes.floats(x, xi + 24), b);
            }
            even = a.fma(Lanes.spread(scales[2 * v]), even);
            odd = b.fma(Lanes.spread(scales[2 * v + 1]), odd);
        }
        return Lanes.sum(even.add(odd));
    }

    private static void scaleCodes(float[] y, int yOffset, int size, float[] scales) {
        int codes = size / 16;
        for (int v = 0; v < size / 16; v++) {
            ByteVector q = Lanes.storedBytes16(scales, codes + 4 * v);
            Lanes.storeScaled16(q, Lanes.spread(scales[v]), y, yOffset + 16 * v);
        }
    }

    private static float dotFours(MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int v = 0; v < size / 256 * RUNS; v++) {
            long block = offset + v / RUNS * (long) BLOCK;
            int b = v % RUNS * Lanes.COUNT;
            IntVector q = Lanes.unsignedBytes(w, block + b);
            IntVector upper = Lanes.unsignedBytes(w, block + 128 + (b >> 6) * 32L + (b & 31))
                    .lanewise(VectorOperators.LSHR, b >> 4 & 2);
            int i = v / RUNS * 256 + lowValue(b);
            low = low(q, upper).mul(scales[i >> 4]).fma(Lanes.floats(x, xOffset + i), low);
            high = high(q, upper).mul(scales[(i >> 4) + 4]).fma(Lanes.floats(x, xOffset + i + 64), high);
        }
        return Lanes.sum(low.add(high));
    }

    private static void unpackFours(MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        for (int v = 0; v < size / 256 * RUNS; v++) {
            long block = offset + v / RUNS * (long) BLOCK;
            int b = v % RUNS * Lanes.COUNT;
            IntVector q = Lanes.unsignedBytes(w, block + b);
            IntVector upper = Lanes.unsignedBytes(w, block + 128 + (b >> 6) * 32L + (b & 31))
                    .lanewise(VectorOperators.LSHR, b >> 4 & 2);
            int i = v / RUNS * 256 + lowValue(b);
            low(q, upper).mul(scales[i >> 4]).intoArray(y, yOffset + i);
            high(q, upper).mul(scales[(i >> 4) + 4]).intoArray(y, yOffset + i + 64);
        }
    }

    /** Where in the block the low nibble of byte b stands; the high nibble stands 64 further. */
    private static int lowValue(int b) {
        return (b & 64) * 2 + (b & 63);
    }

    private static FloatVector low(IntVector nibbles, IntVector upper) {
        return Lanes.floats(nibbles.and(15)
                .or(upper.lanewise(VectorOperators.LSHL, 4).and(0x30))
                .sub(32));
    }

    private static FloatVector high(IntVector nibbles, IntVector upper) {
        return Lanes.floats(
                nibbles.lanewise(VectorOperators.LSHR, 4).or(upper.and(0x30)).sub(32));
    }

    /** Unpacks the scales, times d; gives 0, as there are no minima that take anything off. */
    static float unpackScales(MemorySegment w, long offset, int size, float[] scales, float[] sums) {
        for (int b = 0; b < size >> 8; b++) {
            long block = offset + b * (long) BLOCK;
            FloatVector d = Lanes.spread(Packed.f16(w, block + 208));
            Lanes.storeScaled16(Lanes.bytes16(w, block + 192), d, scales, 16 * b);
        }
        return 0;
    }

    /** Stores the codes less 32 behind the scales, a byte each; one half and side of all blocks after the other. */
    static void unpackCodes(MemorySegment w, long offset, int size, float[] scales) {
        for (int part = 0; part < 4; part++) {
            int half = part >> 1;
            int side = part & 1;
            int to = size / 16 + 32 * half + 8 * side;
            for (int b = 0; b < size >> 8; b++) {
                long block = offset + b * (long) BLOCK;
                IntVector q = Lanes.bytes32(w, block + 32L * part).reinterpretAsInts();
                IntVector upper = Lanes.bytes32(w, block + 128 + 32L * half)
                        .reinterpretAsInts()
                        .lanewise(VectorOperators.LSHR, 2 * side);
                store(q, upper.lanewise(VectorOperators.LSHL, 4), scales, to + 64 * b);
                store(q.lanewise(VectorOperators.LSHR, 4), upper, scales, to + 64 * b + 16);
            }
        }
    }

    /** Stores 32 codes: the lower 4 bits of each byte, and bits 4 and 5 of {@code upper}'s. */
    private static void store(IntVector lower, IntVector upper, float[] scales, int to) {
        lower.and(0x0F0F0F0F)
                .or(upper.and(0x30303030))
                .reinterpretAsBytes()
                .sub((byte) 32)
                .reinterpretAsFloats()
                .intoArray(scales, to);
    }
}

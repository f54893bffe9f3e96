package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Vector kernels of Q6_K; its layout stands in {@code quant}.
 *
 * <p>First the scales of the whole row are unpacked to floats, times d. Then one flat loop takes a run of as many bytes
 * of nibbles as there are lanes; byte b of a block's 128 belongs to half {@code b / 64} and therein to side {@code b / 32
 * % 2}, which says where its two values stand and which pairs of the upper bits are theirs.
 */
final class Q6Vectors {
    private static final int BLOCK = DType.Q6_K.blockBytes();
    /** Runs of a block. */
    private static final int RUNS = 128 / Lanes.COUNT;

    private Q6Vectors() {}

    static float dot(MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
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

    static void unpack(MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
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

    static void unpackScales(MemorySegment w, long offset, int size, float[] scales) {
        for (int b = 0; b < size >> 8; b++) {
            long block = offset + b * (long) BLOCK;
            FloatVector d = Lanes.spread(Packed.f16(w, block + 208));
            Lanes.storeScaled16(Lanes.bytes16(w, block + 192), d, scales, 16 * b);
        }
    }
}

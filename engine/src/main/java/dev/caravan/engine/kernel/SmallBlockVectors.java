package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Vector kernels of Q4_0, Q5_0 and Q5_1: blocks of 32 values in 16 bytes, low nibbles first. Their layouts stand in
 * {@code quant}. A block's products are summed before they are scaled.
 */
final class SmallBlockVectors {
    private static final int Q4_0_BLOCK = DType.Q4_0.blockBytes();
    private static final int Q5_0_BLOCK = DType.Q5_0.blockBytes();
    private static final int Q5_1_BLOCK = DType.Q5_1.blockBytes();

    private SmallBlockVectors() {}

    static float dotQ4_0(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) Q4_0_BLOCK;
            ByteVector q = Lanes.bytes16(w, block + 2);
            FloatVector products = Lanes.multiplyAdd16(minus8(Lanes.lowNibbles(q)), x, xOffset + i, Lanes.zero());
            products = Lanes.multiplyAdd16(minus8(Lanes.highNibbles(q)), x, xOffset + i + 16, products);
            sums = products.fma(Lanes.spread(Packed.f16(w, block)), sums);
        }
        return Lanes.sum(sums);
    }

    static void unpackQ4_0(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) Q4_0_BLOCK;
            ByteVector q = Lanes.bytes16(w, block + 2);
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            Lanes.storeScaled16(minus8(Lanes.lowNibbles(q)), d, y, yOffset + i);
            Lanes.storeScaled16(minus8(Lanes.highNibbles(q)), d, y, yOffset + i + 16);
        }
    }

    private static ByteVector minus8(ByteVector nibbles) {
        return nibbles.sub((byte) 8);
    }

    static float dotQ5_0(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) Q5_0_BLOCK;
            int fifths = Packed.i32(w, block + 2);
            ByteVector q = Lanes.bytes16(w, block + 6);
            ByteVector low = minus16Unless(Lanes.lowNibbles(q), fifths);
            ByteVector high = minus16Unless(Lanes.highNibbles(q), fifths >> 16);
            FloatVector products = Lanes.multiplyAdd16(low, x, xOffset + i, Lanes.zero());
            products = Lanes.multiplyAdd16(high, x, xOffset + i + 16, products);
            sums = products.fma(Lanes.spread(Packed.f16(w, block)), sums);
        }
        return Lanes.sum(sums);
    }

    static void unpackQ5_0(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) Q5_0_BLOCK;
            int fifths = Packed.i32(w, block + 2);
            ByteVector q = Lanes.bytes16(w, block + 6);
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            Lanes.storeScaled16(minus16Unless(Lanes.lowNibbles(q), fifths), d, y, yOffset + i);
            Lanes.storeScaled16(minus16Unless(Lanes.highNibbles(q), fifths >> 16), d, y, yOffset + i + 16);
        }
    }

    /** {@code nibble + 16 * bit - 16}: where the fifth bit is set the value is the nibble itself. */
    private static ByteVector minus16Unless(ByteVector nibbles, int fifths) {
        return nibbles.sub((byte) 16, VectorMask.fromLong(Lanes.BYTES_16, ~fifths & 0xFFFFL));
    }

    static float dotQ5_1(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) Q5_1_BLOCK;
            int fifths = Packed.i32(w, block + 4);
            ByteVector q = Lanes.bytes16(w, block + 8);
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            FloatVector m = Lanes.spread(Packed.f16(w, block + 2));
            ByteVector low = plus16Where(Lanes.lowNibbles(q), fifths);
            ByteVector high = plus16Where(Lanes.highNibbles(q), fifths >> 16);
            sums = Lanes.multiplyAddShifted16(low, d, m, x, xOffset + i, sums);
            sums = Lanes.multiplyAddShifted16(high, d, m, x, xOffset + i + 16, sums);
        }
        return Lanes.sum(sums);
    }

    static void unpackQ5_1(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) Q5_1_BLOCK;
            int fifths = Packed.i32(w, block + 4);
            ByteVector q = Lanes.bytes16(w, block + 8);
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            FloatVector m = Lanes.spread(Packed.f16(w, block + 2));
            Lanes.storeShifted16(plus16Where(Lanes.lowNibbles(q), fifths), d, m, y, yOffset + i);
            Lanes.storeShifted16(plus16Where(Lanes.highNibbles(q), fifths >> 16), d, m, y, yOffset + i + 16);
        }
    }

    private static ByteVector plus16Where(ByteVector nibbles, int fifths) {
        return nibbles.add((byte) 16, VectorMask.fromLong(Lanes.BYTES_16, fifths & 0xFFFFL));
    }
}

package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Vector kernels of Q4_0, Q5_0 and Q5_1: blocks of 32 values in 16 bytes, low nibbles first. Their layouts stand in
 * {@code quant}. One flat loop takes as many bytes as there are lanes, a run: all 16 of a block, or a half or a quarter.
 */
final class SmallBlockVectors {
    private static final int Q4_0_BLOCK = DType.Q4_0.blockBytes();
    private static final int Q5_0_BLOCK = DType.Q5_0.blockBytes();
    private static final int Q5_1_BLOCK = DType.Q5_1.blockBytes();
    /** Runs of a block. */
    private static final int RUNS = 16 / Lanes.COUNT;

    private SmallBlockVectors() {}

    static float dotQ4_0(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int v = 0; v < size / 32 * RUNS; v++) {
            long block = offset + v / RUNS * (long) Q4_0_BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            IntVector q = Lanes.unsignedBytes(w, block + 2 + run);
            int xi = xOffset + v / RUNS * 32 + run;
            low = Lanes.floats(q.and(15).sub(8)).mul(d).fma(Lanes.floats(x, xi), low);
            high = Lanes.floats(high(q).sub(8)).mul(d).fma(Lanes.floats(x, xi + 16), high);
        }
        return Lanes.sum(low.add(high));
    }

    static void unpackQ4_0(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int v = 0; v < size / 32 * RUNS; v++) {
            long block = offset + v / RUNS * (long) Q4_0_BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            IntVector q = Lanes.unsignedBytes(w, block + 2 + run);
            int yi = yOffset + v / RUNS * 32 + run;
            Lanes.floats(q.and(15).sub(8)).mul(d).intoArray(y, yi);
            Lanes.floats(high(q).sub(8)).mul(d).intoArray(y, yi + 16);
        }
    }

    private static IntVector high(IntVector q) {
        return q.lanewise(VectorOperators.LSHR, 4);
    }

    static float dotQ5_0(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int v = 0; v < size / 32 * RUNS; v++) {
            long block = offset + v / RUNS * (long) Q5_0_BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            int fifths = Packed.i32(w, block + 2) >>> run;
            IntVector q = Lanes.unsignedBytes(w, block + 6 + run);
            int xi = xOffset + v / RUNS * 32 + run;
            low = Lanes.floats(minus16Unless(fifths, q.and(15))).mul(d).fma(Lanes.floats(x, xi), low);
            high = Lanes.floats(minus16Unless(fifths >>> 16, high(q))).mul(d).fma(Lanes.floats(x, xi + 16), high);
        }
        return Lanes.sum(low.add(high));
    }

    static void unpackQ5_0(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int v = 0; v < size / 32 * RUNS; v++) {
            long block = offset + v / RUNS * (long) Q5_0_BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            int fifths = Packed.i32(w, block + 2) >>> run;
            IntVector q = Lanes.unsignedBytes(w, block + 6 + run);
            int yi = yOffset + v / RUNS * 32 + run;
            Lanes.floats(minus16Unless(fifths, q.and(15))).mul(d).intoArray(y, yi);
            Lanes.floats(minus16Unless(fifths >>> 16, high(q))).mul(d).intoArray(y, yi + 16);
        }
    }

    /** {@code nibble + 16 * bit - 16}: where the fifth bit is set the value is the nibble itself. */
    private static IntVector minus16Unless(int fifths, IntVector nibbles) {
        return nibbles.sub(16, VectorMask.fromLong(Lanes.INTS, ~fifths));
    }

    static float dotQ5_1(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int v = 0; v < size / 32 * RUNS; v++) {
            long block = offset + v / RUNS * (long) Q5_1_BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            FloatVector m = Lanes.spread(Packed.f16(w, block + 2));
            int fifths = Packed.i32(w, block + 4) >>> run;
            IntVector q = Lanes.unsignedBytes(w, block + 8 + run);
            int xi = xOffset + v / RUNS * 32 + run;
            low = Lanes.floats(plus16Where(fifths, q.and(15))).fma(d, m).fma(Lanes.floats(x, xi), low);
            high = Lanes.floats(plus16Where(fifths >>> 16, high(q))).fma(d, m).fma(Lanes.floats(x, xi + 16), high);
        }
        return Lanes.sum(low.add(high));
    }

    static void unpackQ5_1(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int v = 0; v < size / 32 * RUNS; v++) {
            long block = offset + v / RUNS * (long) Q5_1_BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            FloatVector m = Lanes.spread(Packed.f16(w, block + 2));
            int fifths = Packed.i32(w, block + 4) >>> run;
            IntVector q = Lanes.unsignedBytes(w, block + 8 + run);
            int yi = yOffset + v / RUNS * 32 + run;
            Lanes.floats(plus16Where(fifths, q.and(15))).fma(d, m).intoArray(y, yi);
            Lanes.floats(plus16Where(fifths >>> 16, high(q))).fma(d, m).intoArray(y, yi + 16);
        }
    }

    private static IntVector plus16Where(int fifths, IntVector nibbles) {
        return nibbles.add(16, VectorMask.fromLong(Lanes.INTS, fifths));
    }
}

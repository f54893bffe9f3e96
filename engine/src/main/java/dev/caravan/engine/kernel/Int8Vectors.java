package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;

/**
 * Vector kernels of INT8; its layout stands in {@code quant}. As those of Q8_0, half a block at a time: the vectors of a
 * whole one would be more than the compiler inlines.
 */
final class Int8Vectors {
    private static final int BLOCK = DType.INT8.blockBytes();

    private Int8Vectors() {}

    static float dot(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        return Lanes.COUNT == 4 ? dotFours(w, offset, x, xOffset, size) : dotHalves(w, offset, x, xOffset, size);
    }

    private static float dotHalves(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 6) * (long) BLOCK;
            long at = block + 4 + (i & 32);
            ByteVector first = Lanes.bytes16(w, at);
            ByteVector second = Lanes.bytes16(w, at + 16);
            FloatVector products = Lanes.floats(first, 0).mul(Lanes.floats(x, xOffset + i));
            products = Lanes.floats(second, 0).fma(Lanes.floats(x, xOffset + i + 16), products);
            if (Lanes.COUNT == 8) {
                products = Lanes.floats(first, 1).fma(Lanes.floats(x, xOffset + i + 8), products);
                products = Lanes.floats(second, 1).fma(Lanes.floats(x, xOffset + i + 24), products);
            }
            sums = products.fma(Lanes.spread(Packed.f32(w, block)), sums);
        }
        return Lanes.sum(sums);
    }

    private static float dotFours(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int v = 0; v < size >> 2; v++) {
            long block = offset + (v >> 4) * (long) BLOCK;
            FloatVector q = Lanes.fourSignedBytes(w, block + 4 + 4L * (v & 15));
            sums = q.mul(Packed.f32(w, block)).fma(Lanes.floats(x, xOffset + 4 * v), sums);
        }
        return Lanes.sum(sums);
    }

    static void unpack(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        if (Lanes.COUNT == 4) {
            unpackFours(w, offset, y, yOffset, size);
            return;
        }
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 6) * (long) BLOCK;
            long at = block + 4 + (i & 32);
            FloatVector scale = Lanes.spread(Packed.f32(w, block));
            Lanes.storeScaled16(Lanes.bytes16(w, at), scale, y, yOffset + i);
            Lanes.storeScaled16(Lanes.bytes16(w, at + 16), scale, y, yOffset + i + 16);
        }
    }

    private static void unpackFours(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int v = 0; v < size >> 2; v++) {
            long block = offset + (v >> 4) * (long) BLOCK;
            FloatVector q = Lanes.fourSignedBytes(w, block + 4 + 4L * (v & 15));
            q.mul(Packed.f32(w, block)).intoArray(y, yOffset + 4 * v);
        }
    }
}

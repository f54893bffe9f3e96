package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;

/**
 * Vector kernels of Q8_0; its layout stands in {@code quant}. With 8 or 16 lanes a block's products are summed before
 * they are scaled; with 4 lanes the eight vectors of a block would be more than the compiler inlines, and each is scaled
 * by itself.
 */
final class Q8Vectors {
    private static final int BLOCK = DType.Q8_0.blockBytes();

    private Q8Vectors() {}

    static float dot(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        return Lanes.COUNT == 4 ? dotFours(w, offset, x, xOffset, size) : dotBlocks(w, offset, x, xOffset, size);
    }

    private static float dotBlocks(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) BLOCK;
            ByteVector first = Lanes.bytes16(w, block + 2);
            ByteVector second = Lanes.bytes16(w, block + 18);
            FloatVector products = Lanes.floats(first, 0).mul(Lanes.floats(x, xOffset + i));
            products = Lanes.floats(second, 0).fma(Lanes.floats(x, xOffset + i + 16), products);
            if (Lanes.COUNT == 8) {
                products = Lanes.floats(first, 1).fma(Lanes.floats(x, xOffset + i + 8), products);
                products = Lanes.floats(second, 1).fma(Lanes.floats(x, xOffset + i + 24), products);
            }
            sums = products.fma(Lanes.spread(Packed.f16(w, block)), sums);
        }
        return Lanes.sum(sums);
    }

    private static float dotFours(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int v = 0; v < size >> 2; v++) {
            long block = offset + (v >> 3) * (long) BLOCK;
            FloatVector q = Lanes.fourSignedBytes(w, block + 2 + 4L * (v & 7));
            sums = q.mul(Packed.f16(w, block)).fma(Lanes.floats(x, xOffset + 4 * v), sums);
        }
        return Lanes.sum(sums);
    }

    static void unpack(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        if (Lanes.COUNT == 4) {
            unpackFours(w, offset, y, yOffset, size);
            return;
        }
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) BLOCK;
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            Lanes.storeScaled16(Lanes.bytes16(w, block + 2), d, y, yOffset + i);
            Lanes.storeScaled16(Lanes.bytes16(w, block + 18), d, y, yOffset + i + 16);
        }
    }

    private static void unpackFours(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int v = 0; v < size >> 2; v++) {
            long block = offset + (v >> 3) * (long) BLOCK;
            FloatVector q = Lanes.fourSignedBytes(w, block + 2 + 4L * (v & 7));
            q.mul(Packed.f16(w, block)).intoArray(y, yOffset + 4 * v);
        }
    }
}

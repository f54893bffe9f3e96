package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Vector kernels of Q8_0; its layout stands in {@code quant}. A block's products are summed before they are scaled. */
final class Q8Vectors {
    private static final int BLOCK = DType.Q8_0.blockBytes();

    private Q8Vectors() {}

    static float dot(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sums = Lanes.zero();
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) BLOCK;
            FloatVector products = Lanes.multiplyAdd16(Lanes.bytes16(w, block + 2), x, xOffset + i, Lanes.zero());
            products = Lanes.multiplyAdd16(Lanes.bytes16(w, block + 18), x, xOffset + i + 16, products);
            sums = products.fma(Lanes.spread(Packed.f16(w, block)), sums);
        }
        return Lanes.sum(sums);
    }

    static void unpack(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i += 32) {
            long block = offset + (i >> 5) * (long) BLOCK;
            FloatVector d = Lanes.spread(Packed.f16(w, block));
            Lanes.storeScaled16(Lanes.bytes16(w, block + 2), d, y, yOffset + i);
            Lanes.storeScaled16(Lanes.bytes16(w, block + 18), d, y, yOffset + i + 16);
        }
    }
}
